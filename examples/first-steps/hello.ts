// The smallest server there is: what benchmarks are pointed at.
//   PORT=8080 npm run --silent example hello
import { Fields } from 'rxpaf';
import { target } from '../support/target.js';

const headers = Fields.from({ 'content-type': 'text/plain' });

await target({ request: () => ({ status: 200, headers, body: 'Hello, World!' }) });
