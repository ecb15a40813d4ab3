/**
 * Server-sent events out of a `fetch` answer.
 *
 * Why not `EventSource`: an answer is asked for with POST and Jupyter's own headers. Knows nothing
 * of chat; splits bytes into named events exactly as the specification says (CR, LF or CRLF, many
 * `data` lines, comments) and never breaks a character that two chunks share.
 */

/** One event, its data still text. */
export interface IServerEvent {
  event: string;
  data: string;
}

/** Turns pieces of text into events; keeps what is not finished yet. */
export class EventParser {
  /** Feed a piece; returns the events that it completed. */
  push(piece: string): IServerEvent[] {
    const done: IServerEvent[] = [];
    this._rest += piece;
    // A trailing CR may be half of a CRLF: wait for what follows it.
    const whole = this._rest.endsWith('\r') ? this._rest.slice(0, -1) : this._rest;
    const lines = whole.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? '';
    this._rest = last + this._rest.slice(whole.length);
    for (const line of lines) {
      const event = this._line(line);
      if (event !== null) {
        done.push(event);
      }
    }
    return done;
  }

  private _line(line: string): IServerEvent | null {
    if (line === '') {
      const { _name: name, _data: data } = this;
      this._name = '';
      this._data = [];
      return data.length > 0 ? { event: name || 'message', data: data.join('\n') } : null;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') {
      this._name = value;
    } else if (field === 'data') {
      this._data.push(value);
    }
    return null;
  }

  private _rest = '';
  private _name = '';
  private _data: string[] = [];
}

/** The events of a body, until it ends or its request is aborted. */
export async function* serverEvents(
  body: ReadableStream<Uint8Array>
): AsyncGenerator<IServerEvent, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8');
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      yield* parser.push(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      if (done) {
        return;
      }
    }
  } finally {
    reader.releaseLock();
  }
}
