// npm run churn -- [PROTOCOL] [REQUESTS] [RESTARTS]: bundles the client, and runs it in this very process.
import { pathToFileURL } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';

const program = bundle('lab/churn/churn-client.ts');
await import(pathToFileURL(program).href);
