import { declarationName } from './declaration-name.js';

type Declare = (bucket: string) => ClassDecorator & MethodDecorator;

/** A decorator of a limit whose bucket is named after the class or method it stands on. */
export function bucketDecorator(declare: Declare): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const declaring = (typeof target === 'function' ? target : target.constructor) as new () => unknown;
    const decorator = declare(declarationName(declaring, key === undefined ? undefined : String(key)));
    if (key === undefined || descriptor === undefined) {
      (decorator as ClassDecorator)(target as new () => unknown);
    } else {
      (decorator as MethodDecorator)(target, key, descriptor);
    }
  };
}
