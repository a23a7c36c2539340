/** How the docs' own parts look: below `main` alone, so that Swagger UI's stay as they are. */

export const PAGE_STYLE = `
body { margin: 0; font-family: sans-serif; color: #3b4151; background: #fff; }
main { max-width: 1460px; margin: 0 auto; padding: 20px 20px 60px; box-sizing: border-box; line-height: 1.5; }
main p, main li { max-width: 80ch; }
main table { border-collapse: collapse; width: 100%; font-size: 14px; }
main th, main td { padding: 8px; text-align: left; border-bottom: 1px solid #d8dde7; }
main th code { white-space: nowrap; }
main tr:target { background: #fff3c4; }
main pre { padding: 12px; overflow-x: auto; background: #f3f5f9; font-size: 13px; line-height: 1.4; }
`
