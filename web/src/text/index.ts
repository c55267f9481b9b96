import { en } from './en'

export const text = en
