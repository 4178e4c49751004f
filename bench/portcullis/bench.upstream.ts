import { defineUpstream } from 'portcullis';

/** Every default as shipped; only the address is this benchmark's. */
export const USERS = defineUpstream('users', { targets: 'http://127.0.0.1:7400' });
