/** Which model answers, in which language, and by which instructions. */
import type { SettingsPage } from '../../protocol'
import { words } from '../../text/pages'
import { Card } from '../../ui/kit/Card'
import { SelectField } from '../../ui/kit/Field'
import { Instructions } from './Instructions'
import styles from './Settings.module.css'
import { answerLanguages } from './languages'
import { useChoice } from './useChoice'

const say = words.settings.answers

export function Answers({ page }: { page: SettingsPage }) {
  return (
    <Card title={say.title} about={say.about}>
      <Model page={page} />
      <AnswerLanguage page={page} />
      <Instructions page={page} />
    </Card>
  )
}

function Model({ page }: { page: SettingsPage }) {
  const model = useChoice('model', page, words.settings.chosen)
  const { models } = page.offered
  const chosen = model.chosen ? model.value : undefined
  const gone = chosen !== undefined && !models.includes(chosen)

  if (models.length === 0) return <Fixed label={say.model} value={say.noModel} />
  // One is no choice, unless another was chosen when there were more.
  if (models.length === 1 && !model.chosen) return <Fixed label={say.model} value={say.onlyModel(models[0] ?? '')} />
  return (
    <div className={styles.choice}>
      <SelectField
        label={say.model}
        hint={gone ? say.modelGoneHint : say.modelHint}
        problem={model.problem}
        value={chosen ?? ''}
        options={[
          { value: '', label: say.modelDefault(model.byDefault ?? '') },
          ...(gone ? [{ value: chosen, label: say.modelGone(chosen) }] : []),
          ...models.map((value) => ({ value, label: value })),
        ]}
        onChange={({ target }) => (target.value === '' ? model.undo() : model.choose(target.value))}
      />
    </div>
  )
}

function AnswerLanguage({ page }: { page: SettingsPage }) {
  const language = useChoice('language', page, words.settings.chosen)
  const chosen = language.chosen ? language.value : undefined
  return (
    <div className={styles.choice}>
      <SelectField
        label={say.language}
        hint={say.languageHint}
        problem={language.problem}
        value={chosen ?? ''}
        options={[{ value: '', label: say.languageDefault }, ...answerLanguages(chosen)]}
        onChange={({ target }) => (target.value === '' ? language.undo() : language.choose(target.value))}
      />
    </div>
  )
}

function Fixed({ label, value }: { label: string; value: string }) {
  return (
    <div className={styles.choice}>
      <p className={styles.legend}>{label}</p>
      <p>{value}</p>
    </div>
  )
}
