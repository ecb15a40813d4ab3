/*
 * A WebSocket as a `Connection`: frames out and in as JSON, its end told once. The panel and the
 * widgets open their sockets differently and talk over them alike.
 */
import type { Connection, ConnectionHandlers, Frame } from './transport';

/** Takes over the socket's handlers; after `close` nothing more is told. */
export function connectionOf(socket: WebSocket, handlers: ConnectionHandlers): Connection {
  let closed = false;
  const close = (): void => {
    if (!closed) {
      closed = true;
      handlers.onClose();
    }
  };
  socket.onmessage = message => {
    if (!closed) {
      handlers.onFrame(JSON.parse(String(message.data)) as Frame);
    }
  };
  socket.onclose = close;
  socket.onerror = () => socket.close();
  return {
    send: frame => {
      if (socket.readyState === socket.OPEN) {
        socket.send(JSON.stringify(frame));
      }
    },
    close: () => {
      closed = true;
      socket.close();
    }
  };
}
