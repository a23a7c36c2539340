/**
 * The one function of Node's that the Worker uses: Web Crypto has no scrypt, and `nodejs_compat` brings this one. Declared
 * by hand, because Node's own types would let the rest of Node into the Worker unnoticed.
 */
declare module 'node:crypto' {
  export function scrypt(
    password: Uint8Array,
    salt: Uint8Array,
    keyBytes: number,
    options: { N: number; r: number; p: number; maxmem: number },
    done: (error: Error | null, key: Uint8Array) => void,
  ): void
}
