import { UnreadableBody } from '../../json-body/unreadable-body.js';

/** Ten times what servers take of a form by themselves. A mebibyte of nameless fields would hold the event loop for 0.2 s. */
export const FIELDS_LIMIT = 10_000;

export const tooManyFields = (): UnreadableBody => new UnreadableBody(`of more than ${FIELDS_LIMIT} fields`);
