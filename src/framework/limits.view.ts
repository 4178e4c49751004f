import { type AdminView, answer, refuse } from '../admin/admin.server.js';
import type { OpenLimits } from '../policies/rate-limit/open-limits.js';

/**
 * `/limits`: what routes count by, how a key stands, and a reset of one.
 *
 * - `GET /limits`: every limit, with its bucket and the kind of its keys
 * - `GET /limits?bucket=B&key=K`: how the key stands at each limit of the bucket; nothing is counted
 * - `DELETE /limits?bucket=B&key=K`: lets the key begin anew there
 */
export function limitsView(limits: OpenLimits): AdminView {
  return {
    open: false,
    methods: ['DELETE'],
    async handle(req, res) {
      const asked = new URL(req.url as string, 'http://admin').searchParams;
      const [bucket, key] = [asked.get('bucket'), asked.get('key')];
      if (bucket === null && key === null && req.method !== 'DELETE') return answer(res, 200, limits.list());
      if (bucket === null || key === null) return refuse(res, 400, 'Name both, ?bucket=…&key=…');
      if (!limits.list().some((limit) => limit.bucket === bucket)) {
        return refuse(res, 404, 'No limit has such a bucket', {}, 'GET /limits lists them.');
      }
      try {
        if (req.method !== 'DELETE') return answer(res, 200, await limits.standings(bucket, key));
        answer(res, 200, { reset: await limits.reset(bucket, key) });
      } catch {
        const detail = req.method === 'DELETE' ? 'Nothing may have been reset.' : undefined;
        refuse(res, 503, 'The store of limits could not be asked', { 'Retry-After': '2' }, detail);
      }
    },
  };
}
