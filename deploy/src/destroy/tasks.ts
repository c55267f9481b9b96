/** A cluster cannot go while tasks run in it. Each saves its agent's state when it is stopped. */
import { paginateListTasks, StopTaskCommand, waitUntilTasksStopped } from '@aws-sdk/client-ecs'
import type { Aws } from '../aws.ts'
import { isNamed } from '../errors.ts'

/** ECS gives a task 120 s to save and leave; then it is killed. */
const STOPPED_WITHIN_SECONDS = 300
/** As many as one question to ECS may name. */
const AT_ONCE = 100

export async function runningTasks(aws: Aws, cluster: string): Promise<string[]> {
  try {
    const arns: string[] = []
    for await (const page of paginateListTasks({ client: aws.ecs }, { cluster })) arns.push(...(page.taskArns ?? []))
    return arns
  } catch (error) {
    if (isNamed(error, 'ClusterNotFoundException')) return []
    throw error
  }
}

export async function stopTasks(aws: Aws, cluster: string): Promise<number> {
  const tasks = await runningTasks(aws, cluster)
  for (const task of tasks) await aws.ecs.send(new StopTaskCommand({ cluster, task, reason: 'the deployment is being removed' }))
  for (let from = 0; from < tasks.length; from += AT_ONCE) {
    const some = tasks.slice(from, from + AT_ONCE)
    await waitUntilTasksStopped({ client: aws.ecs, maxWaitTime: STOPPED_WITHIN_SECONDS }, { cluster, tasks: some })
  }
  return tasks.length
}
