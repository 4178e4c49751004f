import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU time of a process and all its children since they started, user and system, in microseconds. */
export function cpuMicros(pid) {
  let ticks = 0;
  for (const member of family(pid)) {
    // proc(5): the name may hold spaces and brackets; fields 14 and 15 are utime and stime of all threads.
    const stat = readFileSync(`/proc/${member}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks / TICKS_PER_S) * 1e6;
}

/** Resident memory of a process and its children, in MB; pages they share count in each. */
export function memoryMb(pid) {
  let kb = 0;
  for (const member of family(pid)) {
    kb += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/status`, 'utf8'))?.[1] ?? 0);
  }
  return kb / 1024;
}

function family(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}
