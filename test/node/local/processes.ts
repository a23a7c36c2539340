/** The processes below a process, as the operating system sees them: their ids, which of them live, and their end. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Process {
  pid: number
  parent: number
  /** Ended, and only not yet collected by its parent. */
  zombie: boolean
}

/** All that live below the process, itself not included. */
export function descendantsOf(pid: number): number[] {
  const all = list()
  const below = (parent: number): number[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one.pid, ...below(one.pid)])
  return below(pid)
}

/** Those of the processes that still run. */
export function alive(pids: readonly number[]): number[] {
  return list()
    .filter(({ pid, zombie }) => !zombie && pids.includes(pid))
    .map(({ pid }) => pid)
}

/** Ends those of the processes that still run, at once. */
export function end(pids: readonly number[]): void {
  for (const pid of alive(pids)) process.kill(pid, 'SIGKILL')
}

/** Small images have no `ps`, and Macs have no `/proc`. */
const list = (): Process[] => (existsSync('/proc/self/stat') ? fromProc() : fromPs())

function fromProc(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        // `pid (name) state parent …`, where the name may hold anything (proc_pid_stat(5)).
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(name), parent: Number(parent), zombie: state === 'Z' }]
      } catch {
        // It ended since the folder was read.
        return []
      }
    })
}

function fromPs(): Process[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8' })
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), zombie: state?.startsWith('Z') === true }
    })
}
