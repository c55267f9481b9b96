/** What is kept of a person: to take along, to know, and to end. */
import { DeleteEverything } from './DeleteEverything'
import { Export } from './Export'
import { Kept } from './Kept'

export function DataPage() {
  return (
    <>
      <Export />
      <Kept />
      <DeleteEverything />
    </>
  )
}
