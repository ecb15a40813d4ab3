/*
 * `fetch` for a form whose sending is watched. The browser's fetch tells nothing of how much has
 * been sent, XMLHttpRequest does; the request comes ready made, with JupyterLab's own headers.
 */

/** A `fetch` that sends `form` in place of its request's body and tells how far it is. */
export function watchedFetch(
  form: FormData,
  onProgress: (sent: number, total: number) => void
): (input: RequestInfo, init?: RequestInit) => Promise<Response> {
  return input => {
    const request = new Request(input);
    return new Promise((resolve, reject) => {
      const sending = new XMLHttpRequest();
      sending.open(request.method, request.url);
      sending.withCredentials = request.credentials === 'include';
      sending.responseType = 'blob';
      for (const [name, value] of request.headers) {
        // The form's own type carries a boundary that only its sender knows.
        if (name !== 'content-type') {
          sending.setRequestHeader(name, value);
        }
      }
      sending.upload.onprogress = event => {
        if (event.lengthComputable) {
          onProgress(event.loaded, event.total);
        }
      };
      sending.onload = () => {
        const { status, statusText } = sending;
        const body = status === 204 ? null : (sending.response as Blob);
        resolve(new Response(body, { status, statusText }));
      };
      sending.onerror = () => reject(new TypeError('the connection was lost'));
      sending.onabort = () => reject(new DOMException('aborted', 'AbortError'));
      request.signal.addEventListener('abort', () => sending.abort());
      if (request.signal.aborted) {
        reject(new DOMException('aborted', 'AbortError'));
      } else {
        sending.send(form);
      }
    });
  };
}
