import { defineUpstream } from 'portcullis';

/** Answers WebSocket messages. */
export const ECHO = defineUpstream('echo', { targets: 'http://127.0.0.1:7420' });

/** Every default as shipped; only the address is this benchmark's. */
export const USERS = defineUpstream('users', { targets: 'http://127.0.0.1:7400' });
