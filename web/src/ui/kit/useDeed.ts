/** One deed over REST: whether it is under way, what went wrong, and what is read anew after it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { processServerError } from '../../api/errors'
import { tell } from './toasts'

interface Deed<A, R> {
  run: (argument: A) => Promise<R>
  /** First parts of the query keys that it changes. */
  changes: readonly string[]
  /** What is told when it is done. */
  done?: string | ((result: R, argument: A) => string)
  after?: (result: R, argument: A) => void
}

export function useDeed<A = void, R = unknown>({ run, changes, done, after }: Deed<A, R>) {
  const queries = useQueryClient()
  const mutation = useMutation<R, unknown, A>({
    mutationFn: run,
    onSuccess: (result, argument) => {
      if (done) tell(typeof done === 'string' ? done : done(result, argument))
      after?.(result, argument)
    },
    onSettled: () => Promise.all(changes.map((what) => queries.invalidateQueries({ queryKey: [what] }))),
  })
  return {
    run: mutation.mutate,
    busy: mutation.isPending,
    error: mutation.error,
    /** A sentence for the person, or null. */
    problem: mutation.error === null ? null : processServerError(mutation.error).message,
    forget: mutation.reset,
    argument: mutation.variables,
  }
}
