/** Which methods a path takes, as the routes declare them: what 405 tells a caller who used another. */

import type { App } from './endpoint.ts'

/** Reads the declarations once, after all routes are mounted. */
export function allowedMethods(app: App): (pathname: string) => string[] {
  const declared = app.described.map(({ method, path }) => ({
    method: method.toUpperCase(),
    pattern: patternOf(path),
  }))
  return (pathname) => declared.filter(({ pattern }) => pattern.test(pathname)).map(({ method }) => method)
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/\/$/, '').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)
