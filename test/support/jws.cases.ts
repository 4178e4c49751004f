import type { JwsCase } from './jws-case.js';
import { FORM_CASES } from './jws-form.cases.js';
import { KEY_CASES } from './jws-key.cases.js';
import { SIGNATURE_CASES } from './jws-signature.cases.js';

/**
 * Tokens that are good and tokens that only look it, in the spirit of the public vectors for JSON Web Signatures: what
 * signs them, how they are written down, and which key they meet. Keys are made anew in each run.
 */
export const JWS_CASES: readonly JwsCase[] = [...SIGNATURE_CASES, ...FORM_CASES, ...KEY_CASES];
