/** The skills of the signed-in person, and what is done to them. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, type Rest } from '../../../api/client'
import { useApp } from '../../../app/context'
import type { SkillSummary, SkillsList } from '../../../protocol'
import { words } from '../../../text/pages'
import { useDeed } from '../../../ui/kit/useDeed'

const { skills: text } = words

const KEY = ['skills']

export function useSkills() {
  const { rest } = useApp()
  return useQuery({ queryKey: KEY, queryFn: () => answer(rest.GET('/skills')) })
}

export interface SentSkill {
  name: string
  type: 'application/zip' | 'text/markdown'
  content: Blob
}

/** The bytes as they are: the client would make JSON of them. */
const send = (rest: Rest, { type, content }: SentSkill): Promise<SkillSummary> =>
  answer(rest.POST('/skills', { body: '', bodySerializer: () => content, headers: { 'content-type': type } }))

export function useSendSkill(after?: () => void) {
  const { rest } = useApp()
  const queries = useQueryClient()
  return useDeed<SentSkill, { replaced: boolean; name: string }>({
    run: async (sent) => {
      // Asked before it is there: whether it took another's place is not in the answer.
      const before = queries.getQueryData<SkillsList>(KEY)?.skills ?? []
      const { name } = await send(rest, sent)
      return { name, replaced: before.some((skill) => skill.name === name) }
    },
    changes: KEY,
    done: ({ name, replaced }) => (replaced ? text.replaced(name) : text.added(name)),
    ...(after && { after }),
  })
}

export function useRemoveSkill(after: () => void) {
  const { rest } = useApp()
  return useDeed<string>({
    run: (name) => answer(rest.DELETE('/skills/{name}', { params: { path: { name } } })),
    changes: KEY,
    done: (_, name) => text.removed(name),
    after,
  })
}
