import { connect } from 'node:http2';

/** One GET over HTTP/2, answered as by `fetch`; it fails where the other side chooses another protocol. */
export async function askHttp2(origin, path) {
  const session = connect(origin);
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':path': path });
      let status;
      let headers;
      const chunks = [];
      stream.on('error', reject);
      stream.on('response', ({ ':status': code, ...fields }) => {
        status = code;
        headers = Object.entries(fields).map(([name, value]) => [name, String(value)]);
      });
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => resolve(new Response(Buffer.concat(chunks), { status, headers })));
    });
  } finally {
    session.close();
  }
}
