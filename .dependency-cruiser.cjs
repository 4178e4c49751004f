/**
 * The import table: which room of src may use which, and which vendor library lives where.
 * `test/architecture/rooms.spec.ts` runs it and proves that it bites.
 */

/** Room → the rooms it may import besides itself. */
const ROOMS = {
  contracts: [],
  config: ['contracts'],
  resilience: ['contracts'],
  targets: ['contracts'],
  observability: ['contracts'],
  redis: ['contracts'],
  proxy: ['contracts', 'resilience', 'targets'],
  // What a policy asks of another server stands behind a breaker.
  policies: ['contracts', 'resilience'],
  routing: ['contracts'],
  // Another product's file, read and carried out by what is here.
  kong: ['contracts', 'policies', 'routing'],
  edge: ['contracts', 'routing', 'policies/correlation-id'],
  health: ['contracts', 'config', 'targets', 'resilience', 'observability'],
  admin: ['contracts', 'config', 'targets', 'resilience', 'observability', 'routing', 'edge', 'health'],
  framework: [
    'contracts',
    'config',
    'resilience',
    'targets',
    'observability',
    'proxy',
    'redis',
    'policies',
    'routing',
    'kong',
    'edge',
    'health',
    'admin',
  ],
  // The command line looks at what the framework made of an application.
  // It also makes what consumers are known by, in the form the method itself reads.
  cli: ['contracts', 'config', 'routing', 'kong', 'edge', 'admin', 'framework', 'policies/authenticate'],
  // What teams write uses the framework as their own repository would: by the package's name.
  upstreams: [],
  app: ['upstreams'],
  demo: ['app', 'upstreams'],
};

/** Library → the only place that knows it. */
const VENDORS = {
  opossum: 'resilience/',
  '@opentelemetry/[^/]+': 'observability/',
  pino: 'observability/',
  'sonic-boom': 'observability/',
  'http-proxy-middleware': 'proxy/http-proxy-middleware',
  ioredis: 'redis/',
  passport: 'policies/authenticate/',
  'passport-jwt': 'policies/authenticate/',
  '@nestjs/passport': 'policies/authenticate/',
  '@nestjs/throttler': 'policies/rate-limit/',
  '@nestjs/terminus': 'health/',
  zod: 'config/',
  yaml: 'kong/document/',
  re2js: 'kong/routing/',
};

const OWN_NAME = '(^|/)(dist/framework/(testing/)?index\\.(js|d\\.ts)|src/framework/(testing/)?index\\.ts)$';

const roomRules = Object.entries(ROOMS).map(([room, others]) => {
  const allowed = [room, ...others].map((name) => `^src/${name}/`);
  // By the package's own name, and never by a path: the next rule holds the second half.
  if (['upstreams', 'app', 'demo'].includes(room)) allowed.push(OWN_NAME);
  return {
    name: `room-${room}`,
    comment: `src/${room} may import ${others.length === 0 ? 'no other room' : others.join(', ')}.`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '^(src|test|dist)/', pathNot: allowed },
  };
});

const vendorRules = Object.entries(VENDORS).map(([library, place]) => ({
  name: `vendor-${library.replace(/\W+/g, '-').replace(/^-|-$/g, '')}`,
  comment: `Only src/${place} knows ${library}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/${place}` },
  to: { path: `(^|/)node_modules/(@types/)?${library}(/|$)` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...roomRules,
    ...vendorRules,
    {
      name: 'framework-by-its-own-name',
      comment: "src/upstreams, src/app and src/demo write 'portcullis', so that a module reads the same in any repository.",
      severity: 'error',
      from: { path: '^src/(upstreams|app|demo)/' },
      to: { path: '^src/framework/', dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'policy-alone',
      comment: 'A policy may not lean on another; the correlation id, how other servers are asked and how JSON bodies are read are everybody’s.',
      severity: 'error',
      from: { path: '^src/policies/([^/]+)/' },
      to: { path: '^src/policies/', pathNot: '^src/policies/($1|correlation-id|outbound|json-body)/' },
    },
    {
      name: 'stage-knows-no-framework',
      comment: 'A stage is called on both ways through: it knows neither Nest nor Express.',
      severity: 'error',
      from: { path: '^src/policies/.*\\.stage\\.ts$' },
      to: { path: '(^|/)node_modules/(@types/)?(@nestjs|rxjs|express)(/|$)' },
    },
    {
      name: 'below-nest',
      comment: 'These rooms carry the traffic and stay usable without Nest.',
      severity: 'error',
      from: { path: '^src/(contracts|resilience|targets|proxy|redis|routing)/' },
      to: { path: '(^|/)node_modules/(@nestjs|rxjs)(/|$)' },
    },
    {
      name: 'resilience-knows-no-http',
      severity: 'error',
      from: { path: '^src/resilience/' },
      to: { path: '^(node:)?(http|https|http2)$' },
    },
    {
      name: 'nest-front-door',
      comment: 'What Nest does not export by its front door is used in one file, which tests itself at boot.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/framework/compiler/nest-internals\\.ts$' },
      to: { path: '(^|/)node_modules/@nestjs/[^/]+/', pathNot: '(^|/)node_modules/@nestjs/[^/]+/(dist/)?index\\.(js|d\\.ts)$' },
    },
    {
      name: 'no-cycle',
      comment: 'Two types may describe each other; two modules may not need each other to load.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolves',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true, pathNot: '^portcullis(/testing)?$' },
    },
    {
      name: 'src-without-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
