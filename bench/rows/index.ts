/** All rows, in the order in which they are told. A new one is a `Row` here, and what it starts in `bench/servers`. */
import type { Row } from '../support/row.js';
import { CLIENT_ROWS } from './client.js';
import { H1_IDLE } from './h1-idle.js';
import { H1_ROWS } from './h1.js';
import { H2_ROWS } from './h2.js';

export const ROWS: readonly Row[] = [...H1_ROWS, H1_IDLE, ...H2_ROWS, ...CLIENT_ROWS];
