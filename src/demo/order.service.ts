import { sayAll } from './order-feed.js';
import { type StandInAnswer, StandInService } from './stand-in.service.js';

const ORDERS = [
  { id: '1001', userId: '1', item: 'Analytical engine', quantity: 1 },
  { id: '1002', userId: '1', item: 'Punched cards', quantity: 500 },
  { id: '1003', userId: '2', item: 'Paper tape', quantity: 12 },
];

/** Stands in for the order service. */
export function orderService(): StandInService {
  const answer = (_method: string, url: URL): StandInAnswer => {
    const [, collection, id] = url.pathname.split('/');
    if (collection !== 'orders') return { status: 404, value: { error: 'not found' } };
    if (id !== undefined && id !== '') {
      const order = ORDERS.find((candidate) => candidate.id === id);
      return order === undefined
        ? { status: 404, value: { error: 'no such order' } }
        : { status: 200, value: order };
    }
    const userId = url.searchParams.get('userId');
    return {
      status: 200,
      value: userId === null ? ORDERS : ORDERS.filter((order) => order.userId === userId),
    };
  };
  return new StandInService('order-service', answer, (req, socket) => sayAll(req, socket, ORDERS));
}
