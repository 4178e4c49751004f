import 'reflect-metadata';
import { parse } from 'node:querystring';
import {
  Controller,
  type ControllerOptions,
  createParamDecorator,
  Get,
  HttpCode,
  Param,
  UseGuards,
} from '@nestjs/common';
import {
  CUSTOM_ROUTE_ARGS_METADATA,
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  HEADERS_METADATA,
  HOST_METADATA,
  HTTP_CODE_METADATA,
  INTERCEPTORS_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  PIPES_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  RESPONSE_PASSTHROUGH_METADATA,
  ROUTE_ARGS_METADATA,
  RouteParamtypes,
  SSE_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/internal';
import { MetadataScanner } from '@nestjs/core';
import type { PathParams } from '../../routing/path-pattern.js';

// Everything the compiler reads of Nest and Express that is not their public API, in one file. internalsAgree() checks at
// boot that the keys still mean what they are taken to mean here; when they do not, every route is interpreted and the
// route table says so.

export type EnhancerKind = 'guard' | 'interceptor' | 'pipe' | 'filter';

const ENHANCER_KEYS: Readonly<Record<EnhancerKind, string>> = {
  guard: GUARDS_METADATA,
  interceptor: INTERCEPTORS_METADATA,
  pipe: PIPES_METADATA,
  filter: EXCEPTION_FILTERS_METADATA,
};

/** A class or an instance, as written in `@UseGuards(…)` and its like. */
export type EnhancerReference = object;

/** What is bound on a class or a method, in the order it runs. */
export function boundEnhancers(holder: object, kind: EnhancerKind): readonly EnhancerReference[] {
  return (Reflect.getMetadata(ENHANCER_KEYS[kind], holder) as EnhancerReference[] | undefined) ?? [];
}

/** Method decorators that change how Nest answers, by the name a reader knows. */
const ANSWER_KEYS: readonly (readonly [name: string, key: string])[] = [
  ['@HttpCode', HTTP_CODE_METADATA],
  ['@Header', HEADERS_METADATA],
  ['@Redirect', REDIRECT_METADATA],
  ['@Render', RENDER_METADATA],
  ['@Sse', SSE_METADATA],
];

/** The answer-changing decorators on a method. */
export function answerDecorators(method: object): readonly string[] {
  return ANSWER_KEYS.filter(([, key]) => Reflect.hasMetadata(key, method)).map(([name]) => name);
}

const MATERIAL_DECORATORS = ['@Redirect', '@Render', '@Sse'];

/** The decorators on a method that make Nest write the answer from what the handler returns. */
export function materialDecorators(method: object): readonly string[] {
  return answerDecorators(method).filter((name) => MATERIAL_DECORATORS.includes(name));
}

/** The host a controller is bound to, if any. */
export function hostOf(controller: object): ControllerOptions['host'] {
  return Reflect.getMetadata(HOST_METADATA, controller) as ControllerOptions['host'];
}

/** The version declared on a method or its controller, if any. */
export function versionOf(controller: object, method: object): ControllerOptions['version'] {
  return (Reflect.getMetadata(VERSION_METADATA, method) ??
    Reflect.getMetadata(VERSION_METADATA, controller)) as ControllerOptions['version'];
}

/** The declared paths of a controller or a method; `undefined` when it has none. */
export function declaredPaths(holder: object): readonly string[] | undefined {
  const path = Reflect.getMetadata(PATH_METADATA, holder) as string | string[] | undefined;
  if (path === undefined) return undefined;
  return Array.isArray(path) ? path : [path];
}

/** Whether a function is a route handler. */
export function isRouteHandler(method: object): boolean {
  return Reflect.hasMetadata(METHOD_METADATA, method);
}

/** The names of a class's route handlers, inherited ones included, as Nest finds those it registers. */
export function handlerNames(controller: { readonly prototype: object }): readonly string[] {
  const prototype = controller.prototype as Record<string, object>;
  // The nearest method counts: an override without a decorator is no handler.
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .filter((name) => isRouteHandler(prototype[name] as object));
}

/** Where a handler's argument comes from. */
export type ArgumentSource = 'param' | 'query' | 'headers' | 'custom' | 'other';

export interface HandlerArgument {
  readonly index: number;
  readonly source: ArgumentSource;
  /** The decorator as a reader knows it: `@Body`. */
  readonly name: string;
  readonly data: unknown;
  readonly pipes: readonly EnhancerReference[];
  readonly schema: unknown;
  /** Of a custom decorator. */
  readonly factory: ((data: unknown, context: unknown) => unknown) | undefined;
}

const SOURCES: ReadonlyMap<number, ArgumentSource> = new Map([
  [RouteParamtypes.PARAM, 'param'],
  [RouteParamtypes.QUERY, 'query'],
  [RouteParamtypes.HEADERS, 'headers'],
]);

interface RawArgument {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly EnhancerReference[];
  readonly schema?: unknown;
  readonly factory?: HandlerArgument['factory'];
}

/** The decorated arguments of a handler. */
export function handlerArguments(controller: object, method: string): readonly HandlerArgument[] {
  const raw = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<
    string,
    RawArgument
  >;
  return Object.entries(raw).map(([key, value]) => {
    const custom = key.includes(CUSTOM_ROUTE_ARGS_METADATA);
    const type = custom ? Number.NaN : Number(key.split(':')[0]);
    return {
      index: value.index,
      source: custom ? 'custom' : (SOURCES.get(type) ?? 'other'),
      name: custom ? 'a custom parameter decorator' : `@${decoratorName(type)}`,
      data: value.data,
      pipes: value.pipes ?? [],
      schema: value.schema,
      factory: value.factory,
    };
  });
}

/** What Nest tells a pipe as `metadata.type`. */
export function pipeType(source: ArgumentSource): 'param' | 'query' | 'custom' {
  return source === 'param' || source === 'query' ? source : 'custom';
}

/** Whether the handler writes the response itself (`@Res()` without passthrough, `@Next()`). */
export function writesResponse(controller: object, method: string): boolean {
  if (Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, controller, method) === true) return false;
  return handlerArguments(controller, method).some(({ name }) => name === '@Res' || name === '@Next');
}

/** Decorators that are not spelled like the kind of parameter they read. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['REQUEST', 'Req'],
  ['RESPONSE', 'Res'],
  ['HOST', 'HostParam'],
  ['FILE', 'UploadedFile'],
  ['FILES', 'UploadedFiles'],
]);

function decoratorName(type: number): string {
  const kind = RouteParamtypes[type] ?? 'unknown';
  const words = kind.toLowerCase().split('_');
  return SPELLINGS.get(kind) ?? words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** One layer of Express's router stack, as far as the compiler reads it (router 2). */
export interface ExpressLayer {
  readonly handle: object;
  /** The mount path of a middleware. */
  readonly rawPath: unknown;
  readonly route?: {
    readonly path: unknown;
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: readonly { readonly handle: object }[];
  };
  match(path: string): { readonly params: PathParams } | undefined;
}

/** The live stack of an Express application; `undefined` when it does not look as expected. */
export function routerStack(express: unknown): readonly ExpressLayer[] | undefined {
  const stack = (express as { router?: { stack?: unknown } } | undefined)?.router?.stack;
  return Array.isArray(stack) ? (stack as ExpressLayer[]) : undefined;
}

/** Whether Nest still keeps its metadata where this file looks for it. */
export function internalsAgree(): boolean {
  class Probe {
    canActivate(): boolean {
      return true;
    }
  }
  const factory = (): number => 1;
  const Custom = createParamDecorator(factory);
  @Controller('probe')
  @UseGuards(Probe)
  class ProbeController {
    @Get('at/:id')
    @HttpCode(202)
    one(@Param('id') _id: string, @Custom() _custom: number): void {}
  }
  const method = ProbeController.prototype.one;
  const [first, second] = [...handlerArguments(ProbeController, 'one')].sort((a, b) => a.index - b.index);
  return (
    boundEnhancers(ProbeController, 'guard')[0] === Probe &&
    declaredPaths(ProbeController)?.[0] === 'probe' &&
    declaredPaths(method)?.[0] === 'at/:id' &&
    isRouteHandler(method) &&
    answerDecorators(method)[0] === '@HttpCode' &&
    first?.source === 'param' &&
    first.data === 'id' &&
    second?.source === 'custom' &&
    second.factory === factory
  );
}

/** Whether an Express application reads queries as it does when nobody told it otherwise. */
export function readsPlainQueries(express: unknown): boolean {
  const read = (express as { get?: (setting: string) => unknown }).get;
  return typeof read === 'function' && read.call(express, 'query parser fn') === parse;
}
