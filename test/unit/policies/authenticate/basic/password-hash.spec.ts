import { describe, expect, it } from 'vitest';
import {
  hashPassword,
  parsePasswordHash,
} from '../../../../../src/policies/authenticate/basic/password-hash.js';

const SALT = 'c2FsdHNhbHRzYWx0c2FsdA';
const HASH = 'aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';

describe('a password hash', () => {
  it('is never the same twice', async () => {
    const cheap = { ln: 14, r: 8, p: 1 };

    const both = await Promise.all([hashPassword('same', cheap), hashPassword('same', cheap)]);

    expect(new Set(both).size).toBe(2);
    for (const text of both) expect(parsePasswordHash(text)).toMatchObject({ cost: cheap });
  });

  it.each(['ln=14,r=8,p=1', 'ln=15,r=8,p=3', 'ln=17,r=8,p=1', 'ln=16,r=8,p=2'])('may cost %s', (cost) => {
    expect(parsePasswordHash(`$scrypt$${cost}$${SALT}$${HASH}`)).toBeTypeOf('object');
  });

  it.each([
    ['costs too little', `$scrypt$ln=13,r=8,p=1$${SALT}$${HASH}`],
    ['costs too little', `$scrypt$ln=1,r=1,p=1$${SALT}$${HASH}`],
    ['costs too much', `$scrypt$ln=18,r=8,p=1$${SALT}$${HASH}`],
    ['costs too much', `$scrypt$ln=99,r=999,p=999$${SALT}$${HASH}`],
    ['costs too much', `$scrypt$ln=14,r=8,p=999$${SALT}$${HASH}`],
    ['salt', `$scrypt$ln=15,r=8,p=1$c2FsdA$${HASH}`],
    ['salt', `$scrypt$ln=15,r=8,p=1$${'A'.repeat(200)}$${HASH}`],
    ['hash that is not', `$scrypt$ln=15,r=8,p=1$${SALT}$aGFzaA`],
    ['form', `$scrypt$ln=15,r=8,p=1$${SALT}$${HASH}=`],
    ['form', `$scrypt$ln=015,r=8,p=1$${SALT}$${HASH}`],
    ['form', `$scrypt$ln=-15,r=8,p=1$${SALT}$${HASH}`],
    ['form', `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$${HASH}`],
    ['form', 'hunter2'],
    ['form', ''],
  ])('is refused for what it %s: %s', (fault, text) => {
    const said = parsePasswordHash(text);

    expect(said).toContain(fault);
    expect(said).not.toContain('hunter2');
  });
});
