/** The contestant of this project in the WebSocket rows: a greeting, and an echo. */
import { ignoreElements, tap } from 'rxjs';
import { serve } from 'rxpaf';
import { accept } from 'rxpaf/ws';
import { HELLO } from '../support/content.js';
import { ready } from '../support/worker.js';

serve({ host: '127.0.0.1', port: 0, listening: ({ port }) => ready(port!) }, (request, exchange) =>
  accept(request, exchange).pipe(
    tap((socket) => {
      socket.subscribe(socket);
      socket.next(HELLO);
    }),
    ignoreElements(),
  ),
).subscribe();
