import type { Attributes } from '@opentelemetry/api';
import { GATEWAY_ERRORS, type GatewayError } from '../contracts/gateway-error.js';
import type { DurationCell, DurationMetric } from './duration-metric.js';
import { methodName } from './method-index.js';

const ERROR_INDEX = new Map<string, number>(
  Object.keys(GATEWAY_ERRORS).map((code, index) => [code, index + 1]),
);

/**
 * Finds the cell for an outcome: one number stands for method, status and error, one map per route or upstream leads
 * from it to the cell. The attribute set of each outcome is made once.
 */
export class OutcomeCells {
  readonly #cells = new Map<string, Map<number, DurationCell>>();

  constructor(
    private readonly metric: DurationMetric,
    /** The attributes that the name stands for: the route's or the upstream's. */
    private readonly describe: (name: string) => Attributes,
  ) {}

  find(name: string, method: number, status: number, error: GatewayError | undefined): DurationCell {
    let cells = this.#cells.get(name);
    if (cells === undefined) {
      cells = new Map();
      this.#cells.set(name, cells);
    }
    const known = status >= 100 && status <= 599 ? status : 0;
    const errorIndex = error === undefined ? 0 : (ERROR_INDEX.get(error.code) ?? 0);
    const key = (errorIndex * 16 + method) * 1024 + known;
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = this.metric.cell(this.#attributes(name, method, known, error));
      cells.set(key, cell);
    }
    return cell;
  }

  #attributes(name: string, method: number, status: number, error: GatewayError | undefined): Attributes {
    // Semantic conventions: an error's type is the most telling name there is; for a bare 5xx that is its number.
    const errorType = error?.code ?? (status >= 500 ? String(status) : undefined);
    return {
      'http.request.method': methodName(method),
      ...this.describe(name),
      ...(status === 0 ? {} : { 'http.response.status_code': status }),
      ...(errorType === undefined ? {} : { 'error.type': errorType }),
    };
  }
}
