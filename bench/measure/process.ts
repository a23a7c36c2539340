/** What a process has used, by Linux's own accounts. */
import { readdir, readFile } from 'node:fs/promises'

/** Milliseconds of CPU of all of its threads, in the kernel as well. */
export async function cpuMsOf(pid: number): Promise<number> {
  let ns = 0
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    ns += Number((await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')).split(' ', 1))
  }
  return ns / 1e6
}

/** Resident memory in MB. */
export async function residentMbOf(pid: number): Promise<number> {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kb) * 1024) / 1e6
}
