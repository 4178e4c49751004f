import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

/** passport-jwt as its documents set it up, with everything pinned. */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: readFileSync(process.env['JWT_PUBLIC_KEY_FILE'] ?? '', 'utf8'),
      algorithms: ['RS256'],
      issuer: process.env['JWT_ISSUER'] ?? '',
      audience: process.env['JWT_AUDIENCE'] ?? '',
    });
  }

  validate(claims: { sub: string }): { subject: string } {
    return { subject: claims.sub };
  }
}
