/** Saves a file of the workspace. The store says that it is to be saved, so the page stays where it is. */
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import { words } from '../../../text/pages'
import { useDeed } from '../../../ui/kit/useDeed'
import { inside, shownName } from './paths'

const { files: text } = words

interface Wanted {
  folder: string
  name: string
}

export function useDownload() {
  const { rest } = useApp()
  return useDeed<Wanted, { url: string }>({
    run: ({ folder, name }) => answer(rest.GET('/workspace/file', { params: { query: { path: inside(folder, name) } } })),
    changes: [],
    done: (_, { name }) => text.downloading(shownName(name)),
    after: ({ url }, { name }) => {
      const link = document.createElement('a')
      link.href = url
      link.download = name
      link.referrerPolicy = 'no-referrer'
      link.click()
    },
  })
}
