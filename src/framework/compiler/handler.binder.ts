import { parse } from 'node:querystring';
import { isObservable, lastValueFrom } from 'rxjs';
import { runInExchange } from '../../contracts/current-exchange.js';
import type { Exchange } from '../../contracts/exchange.js';
import { forwardCallFactory } from '../decorators/forward.decorator.js';
import type { PipeLike } from './enhancer.survey.js';
import { type HandlerArgument, pipeType } from './nest-internals.js';

/** Reads one argument from an exchange. */
type ArgumentReader = (exchange: Exchange) => unknown;

/** A handler's arguments, resolved at boot, or the reasons why Nest must resolve them. */
export type ArgumentPlan =
  | { readonly readers: readonly BoundArgument[]; readonly reasons: readonly [] }
  | { readonly readers: undefined; readonly reasons: readonly string[] };

interface BoundArgument {
  readonly index: number;
  readonly read: ArgumentReader;
  readonly pipes: readonly PipeLike[];
  readonly metadata: object;
}

export interface ArgumentScope {
  readonly arguments: readonly HandlerArgument[];
  /** `design:paramtypes` of the handler. */
  readonly types: readonly unknown[];
  readonly pipes: readonly PipeLike[];
  readonly lookupPipe: (reference: object) => PipeLike | undefined;
  /** The wildcard of the route: Express hands it as a list of segments. */
  readonly wildcard: string | undefined;
  /** Express reads queries as it does by default, and not with a parser of the application's own. */
  readonly plainQuery: boolean;
}

/** Resolves what each argument of a handler is read from. */
export function planArguments(scope: ArgumentScope): ArgumentPlan {
  const reasons: string[] = [];
  const readers: BoundArgument[] = [];
  for (const argument of scope.arguments) {
    const read = readerOf(argument, scope.wildcard);
    const own = argument.pipes.map((reference) =>
      typeof reference === 'function' ? scope.lookupPipe(reference) : (reference as PipeLike),
    );
    if (read === undefined) reasons.push(argument.name);
    else if (argument.source === 'query' && !scope.plainQuery) reasons.push('a query parser of its own');
    else if (own.includes(undefined)) reasons.push('a pipe that is not ready at boot');
    else {
      // Nest runs no pipes on @Headers().
      const pipes = argument.source === 'headers' ? [] : [...scope.pipes, ...(own as PipeLike[])];
      const metadata = {
        metatype: scope.types[argument.index],
        type: pipeType(argument.source),
        data: argument.data,
        schema: argument.schema,
      };
      readers.push({ index: argument.index, read, pipes, metadata });
    }
  }
  return reasons.length > 0 ? { readers: undefined, reasons } : { readers, reasons: [] };
}

/** Makes the call of a handler. Arguments without pipes cost one read each and no promise. */
export function bindHandler(
  instance: object,
  method: (...args: unknown[]) => unknown,
  readers: readonly BoundArgument[],
): (exchange: Exchange) => unknown {
  const length = readers.reduce((longest, argument) => Math.max(longest, argument.index + 1), 0);
  if (readers.every((argument) => argument.pipes.length === 0)) {
    return (exchange) => {
      const args = new Array<unknown>(length);
      for (const { index, read } of readers) args[index] = read(exchange);
      return runInExchange(exchange, () => settle(method.apply(instance, args)));
    };
  }
  return async (exchange) => {
    const args = new Array<unknown>(length);
    // As Nest does it: all pipes start in order, and the first error is the one that counts.
    await Promise.all(
      readers.map(async ({ index, read, pipes, metadata }) => {
        let value = read(exchange);
        for (const pipe of pipes) value = await pipe.transform(value, metadata);
        args[index] = value;
      }),
    );
    return runInExchange(exchange, () => settle(method.apply(instance, args)));
  };
}

/** Nest takes the last value of an Observable as the answer, and waits for anything that has a `then`. */
function settle(result: unknown): unknown {
  if (result === null || typeof result !== 'object' || result instanceof Promise) return result;
  if (isObservable(result)) return lastValueFrom(result, { defaultValue: undefined });
  return typeof (result as Partial<PromiseLike<unknown>>).then === 'function'
    ? Promise.resolve(result)
    : result;
}

function readerOf(argument: HandlerArgument, wildcard: string | undefined): ArgumentReader | undefined {
  const name = argument.data;
  switch (argument.source) {
    case 'param':
      if (name === undefined) return (exchange) => allParams(exchange, wildcard);
      if (name === wildcard) return (exchange) => exchange.param(wildcard as string)?.split('/');
      return (exchange) => exchange.param(name as string);
    case 'query':
      if (name === undefined) return (exchange) => parse(exchange.query.slice(1));
      return (exchange) =>
        exchange.query === '' ? undefined : parse(exchange.query.slice(1))[name as string];
    case 'headers':
      if (name === undefined) return (exchange) => exchange.req.headers;
      return (exchange) => exchange.req.headers[(name as string).toLowerCase()];
    case 'custom':
      // A team's own factory may read anything of Express's request; only ours is known to need none of it.
      return argument.factory === forwardCallFactory ? (exchange) => exchange.call : undefined;
    case 'other':
      return undefined;
  }
}

function allParams(exchange: Exchange, wildcard: string | undefined): Record<string, unknown> {
  const params: Record<string, unknown> = Object.create(null);
  const names = exchange.route?.paramNames ?? [];
  for (const [index, name] of names.entries()) {
    const value = exchange.params[index] as string;
    params[name] = name === wildcard ? value.split('/') : value;
  }
  return params;
}
