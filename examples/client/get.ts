// The smallest client: one GET request. It prints the status, the headers and the content.
//   npm run example get -- https://example.com/
import { mergeMap, tap } from 'rxjs';
import { client, ClientError } from 'rxpaf';

const { argv } = process;
const url = argv[2] ?? 'https://example.com/';
const http = client();

// A request is cold: it is sent on subscription, and unsubscribing cancels it.
http
  .get(url)
  .pipe(
    tap(({ status, protocol, headers }) => console.log(status, protocol, Object.fromEntries(headers))),
    // At most 1 MiB of content: more is an error.
    mergeMap(({ body }) => body.text(1024 * 1024)),
  )
  .subscribe({
    next: (content) => console.log(content),
    error: (error: unknown) => {
      console.error(error instanceof ClientError ? `${error.code}: ${error.message}` : error);
      process.exitCode = 1;
      http.close();
    },
    // Closes the connection, which the client would keep for the next request.
    complete: () => http.close(),
  });
