import { type StandInAnswer, StandInService } from './stand-in.service.js';

const USERS = [
  { id: '1', name: 'Ada Lovelace', email: 'ada@example.test', ssn: '078-05-1120', passwordHash: 'scrypt$1' },
  { id: '2', name: 'Alan Turing', email: 'alan@example.test', ssn: '219-09-9999', passwordHash: 'scrypt$2' },
];

/** Stands in for the user service: it returns more than clients may see, as such services do. */
export function userService(): StandInService {
  const users = [...USERS];
  return new StandInService('user-service', (method, url, body): StandInAnswer => {
    const [, collection, id] = url.pathname.split('/');
    if (collection !== 'users') return { status: 404, value: { error: 'not found' } };
    if (id === undefined || id === '') {
      if (method !== 'POST') return { status: 200, value: users };
      const created = { ...parse(body), id: String(users.length + 1) };
      users.push(created as (typeof users)[number]);
      return { status: 201, value: created };
    }
    const user = users.find((candidate) => candidate.id === id);
    return user === undefined
      ? { status: 404, value: { error: 'no such user' } }
      : { status: 200, value: user };
  });
}

function parse(body: string): object {
  try {
    return JSON.parse(body) as object;
  } catch {
    return {};
  }
}
