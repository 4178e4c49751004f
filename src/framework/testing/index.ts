// What a team's tests may import: `portcullis/testing`.
export { GatewayAdapter } from '../gateway.adapter.js';
