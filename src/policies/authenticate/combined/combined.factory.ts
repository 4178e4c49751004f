import { ANONYMOUS } from '../anonymous/anonymous.options.js';
import type {
  AuthenticationMethod,
  AuthenticationMethodFactory,
  AuthenticationMethodMaker,
} from '../authentication-method.js';
import { AllOfMethod } from './all-of.method.js';
import { AnyOfMethod } from './any-of.method.js';
import { ALL_OF, ANY_OF, type CombinedOptions } from './combined.options.js';

/** Makes `anyOf(…)` or `allOf(…)` of the methods named in it. */
class CombinedFactory implements AuthenticationMethodFactory<CombinedOptions> {
  constructor(
    readonly method: string,
    private readonly combine: (methods: readonly AuthenticationMethod[]) => AuthenticationMethod,
    private readonly word: string,
  ) {}

  check({ methods }: CombinedOptions, maker: AuthenticationMethodMaker): readonly string[] {
    const few =
      methods.length < 2 ? [`${this.method} names ${methods.length} methods; must be two or more.`] : [];
    return [...few, ...methods.flatMap((each) => maker.check(each))];
  }

  create({ methods }: CombinedOptions, maker: AuthenticationMethodMaker): AuthenticationMethod {
    return this.combine(methods.map((each) => maker.create(each)));
  }

  describe({ methods }: CombinedOptions, maker: AuthenticationMethodMaker): string {
    return methods.map((each) => maker.describe(each)).join(` ${this.word} `);
  }
}

export class AnyOfFactory extends CombinedFactory {
  constructor() {
    super(ANY_OF, (methods) => new AnyOfMethod(methods), 'or');
  }

  /** Whatever stands behind a method that accepts everybody is never asked. */
  override check(options: CombinedOptions, maker: AuthenticationMethodMaker): readonly string[] {
    const early = options.methods.slice(0, -1).some(({ method }) => method === ANONYMOUS);
    const misplaced = early
      ? [`${this.method} names anonymous() before other methods; must be the last.`]
      : [];
    return [...super.check(options, maker), ...misplaced];
  }
}

export class AllOfFactory extends CombinedFactory {
  constructor() {
    super(ALL_OF, (methods) => new AllOfMethod(methods), 'and');
  }
}
