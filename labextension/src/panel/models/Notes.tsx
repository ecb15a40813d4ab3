/**
 * What its owner says of a model: tags to find it by, and a note. Both are kept when they are left.
 */
import * as React from 'react';

import { useKept } from './useKept';
import { Button, Card } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { SafeText } from '../../components/SafeText';
import { Failure } from '../../components/states';
import { useAction, useApp, useLive } from '../../hooks';
import { direction } from '../../i18n';
import type { Model, ModelPatch } from '../../protocol';
import { TAGS_AT_MOST, tagsOf, withTags } from '../../state/models';
import { directionOf } from '../../text/direction';

/** As the service has it. */
const NOTES_AT_MOST = 20_000;

/** See the module's comment. */
export function Notes({ model }: { model: Model }): React.JSX.Element {
  const { core, t, lang } = useApp();
  const keep = useKept();
  const [notes, setNotes] = React.useState(model.notes);
  const change = useAction(async (patch: ModelPatch) => {
    keep(await core.api.models.change(model.id, patch));
  });
  const dirty = notes !== model.notes;
  return (
    <Card title={t('registry.notes')}>
      <div className="pai-pad pai-notes">
        <Tags model={model} onTags={tags => void change.run({ tags })} />
        <textarea
          className="pai-input pai-note"
          aria-label={t('registry.notes')}
          placeholder={t('registry.notes_hint')}
          maxLength={NOTES_AT_MOST}
          rows={Math.min(8, Math.max(2, notes.split('\n').length))}
          dir={directionOf(notes, direction(lang))}
          value={notes}
          onChange={event => setNotes(event.currentTarget.value)}
        />
        {dirty ? (
          <div className="pai-acts">
            <Button
              kind="primary"
              busy={change.busy}
              onClick={() => void change.run({ notes })}
            >
              {t('panel.save')}
            </Button>
            <Button kind="quiet" onClick={() => setNotes(model.notes)}>
              {t('panel.cancel')}
            </Button>
          </div>
        ) : null}
        {change.error ? <Failure error={change.error} onClose={change.clear} /> : null}
      </div>
    </Card>
  );
}

function Tags(props: {
  model: Model;
  onTags: (tags: string[]) => void;
}): React.JSX.Element {
  const { core, t, lang } = useApp();
  const { model, onTags } = props;
  const [typed, setTyped] = React.useState('');
  const list = React.useId();
  const known = tagsOf(useLive(core.models()).state?.items ?? []);
  const add = (): void => {
    const tags = withTags(model.tags, typed);
    setTyped('');
    if (tags.length > model.tags.length) {
      onTags(tags);
    }
  };
  return (
    <div className="pai-tags">
      {model.tags.length > 0 ? (
        <ul aria-label={t('registry.tags')}>
          {model.tags.map(tag => (
            <li key={tag} className="pai-tag">
              <SafeText text={tag} />
              <button
                type="button"
                aria-label={t('registry.tag_remove', { tag })}
                title={t('registry.tag_remove', { tag })}
                onClick={() => onTags(model.tags.filter(one => one !== tag))}
              >
                <Icon name="close" size={12} />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {model.tags.length < TAGS_AT_MOST ? (
        <>
          <input
            className="pai-input pai-tag-input"
            list={list}
            value={typed}
            placeholder={t('registry.tag_add')}
            aria-label={t('registry.tag_add')}
            dir={directionOf(typed, direction(lang))}
            onChange={event => setTyped(event.currentTarget.value)}
            onBlur={() => typed.trim() && add()}
            onKeyDown={event => {
              if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
                event.preventDefault();
                add();
              }
            }}
          />
          <datalist id={list}>
            {known
              .filter(tag => !model.tags.includes(tag))
              .map(tag => (
                <option key={tag} value={tag} />
              ))}
          </datalist>
        </>
      ) : null}
    </div>
  );
}
