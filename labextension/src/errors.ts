/*
 * The one shape of a failure in the front end. Turns whatever a server or a network says into it.
 */
import type { ErrorBody } from './protocol';

/** A failure that a user can understand: `body` has both languages, `status` is 0 offline. */
export class ApiError extends Error {
  constructor(
    readonly body: ErrorBody,
    readonly status = 0
  ) {
    super(body.message);
    this.name = 'ApiError';
  }
}

/** The failure of not reaching the service. */
export function unreachable(path: string, reason = ''): ErrorBody {
  return {
    code: 'service_unreachable',
    message: 'The service does not answer.',
    message_fa: 'سرویس پاسخ نمی‌دهد.',
    hint: 'Check that Jupyter is still running; training goes on without this page.',
    hint_fa: 'ببینید ژوپیتر هنوز اجراست؛ آموزش بدون این صفحه هم ادامه دارد.',
    details: { path, reason }
  };
}

/** The failure that a response tells, whoever sent it: our service, Jupyter, or a proxy. */
export async function errorOf(response: Response): Promise<ErrorBody> {
  const text = await response.text();
  try {
    const said = JSON.parse(text) as { error?: ErrorBody; message?: string };
    if (said.error && typeof said.error.message === 'string') {
      return said.error;
    }
  } catch {
    // Not JSON: a proxy's page. Its text goes to the technical detail.
  }
  return {
    ...unreachable(new URL(response.url || 'http://unknown/').pathname, text.slice(0, 400)),
    code: `http_${response.status}`,
    message: `The server answered ${response.status} ${response.statusText}.`,
    message_fa: `سرور پاسخ ${response.status} داد.`,
    hint: 'Reload the page and log in again if it asks.',
    hint_fa: 'صفحه را دوباره بار کنید و اگر خواست وارد شوید.'
  };
}

/** Any thrown thing as the one shape. */
export function toApiError(reason: unknown): ApiError {
  if (reason instanceof ApiError) {
    return reason;
  }
  return new ApiError({
    code: 'front_end',
    message: 'This page met something unexpected.',
    message_fa: 'این صفحه به چیز پیش‌بینی‌نشده‌ای برخورد.',
    hint: 'Try again; reload the page if it stays.',
    hint_fa: 'دوباره تلاش کنید؛ اگر ماند، صفحه را دوباره بار کنید.',
    details: { reason: String(reason) }
  });
}
