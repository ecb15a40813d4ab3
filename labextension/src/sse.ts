/*
 * Reads server-sent events from a response's body. `EventSource` cannot send a body or headers,
 * which an answer in a chat needs. Only `event` and `data` are used; data is JSON.
 */

/** Calls `onEvent` for each event, in order; resolves when the stream ends. */
export async function readServerSentEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (name: string, data: unknown) => void
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parse = parser(onEvent);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      break;
    }
    parse(decoder.decode(value, { stream: true }));
  }
  parse(decoder.decode());
}

/** A parser that takes the text in any pieces. */
export function parser(
  onEvent: (name: string, data: unknown) => void
): (piece: string) => void {
  let rest = '';
  let name = 'message';
  let data: string[] = [];
  return piece => {
    rest += piece;
    for (;;) {
      const end = rest.indexOf('\n');
      if (end < 0) {
        return;
      }
      const line = rest.slice(0, end).replace(/\r$/, '');
      rest = rest.slice(end + 1);
      if (line === '') {
        if (data.length) {
          onEvent(name, JSON.parse(data.join('\n')) as unknown);
        }
        name = 'message';
        data = [];
      } else if (line.startsWith('event:')) {
        name = line.slice(6).trim();
      } else if (line.startsWith('data:')) {
        data.push(line.slice(5).replace(/^ /, ''));
      }
    }
  };
}
