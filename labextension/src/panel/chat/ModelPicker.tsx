/**
 * Which model answers, and how it stands in memory.
 */
import * as React from 'react';

import type { Engines } from './useEngines';
import { Button } from '../../components/basics';
import { Popover } from '../../components/Popover';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import type { Engine, Model } from '../../protocol';

/** The state of an engine in a word. */
export function useEngineWord(): (engine: Engine | undefined) => string {
  const { t, fmt } = useApp();
  return engine => {
    if (engine === undefined) {
      return t('chat.engine_unloaded');
    }
    const memory = fmt.bytes(engine.memory_bytes ?? 0);
    switch (engine.state) {
      case 'loading':
        return t('chat.engine_loading');
      case 'failed':
        return t('chat.engine_failed');
      case 'ready':
        return engine.busy === true
          ? t('chat.engine_busy', { memory })
          : t('chat.engine_ready', { memory });
    }
  };
}

/** Properties of {@link ModelPicker}. */
export interface ModelPickerProps {
  models: Model[];
  chosen: Model | undefined;
  engines: Engines;
  disabled: boolean;
  onChoose: (model: Model) => void;
}

/** See the module's comment. */
export function ModelPicker(props: ModelPickerProps): React.JSX.Element {
  const { t, fmt } = useApp();
  const { models, chosen, engines } = props;
  const word = useEngineWord();
  const engine = chosen ? engines.of(chosen.id) : undefined;
  return (
    <div className="pai-model-picker">
      <Popover
        label={t('chat.model')}
        className="pai-model-choice"
        disabled={props.disabled}
        content={close => (
          <ul className="pai-models" aria-label={t('chat.model')}>
            {models.map(model => {
              const its = engines.of(model.id);
              return (
                <li key={model.id} aria-current={model.id === chosen?.id || undefined}>
                  <button
                    type="button"
                    data-item
                    className="pai-model-row"
                    onClick={() => {
                      props.onChoose(model);
                      close();
                    }}
                  >
                    <SafeText text={model.name} className="pai-model-name" />
                    <small>
                      {t('models.parameters', { n: fmt.short(model.parameters ?? 0) })}
                      {' · '}
                      <span data-engine={its?.state ?? 'none'}>{word(its)}</span>
                    </small>
                  </button>
                  {its === undefined || its.state === 'failed' ? (
                    <Button
                      kind="quiet"
                      icon="play"
                      aria-label={t('chat.engine_load')}
                      title={t('chat.engine_load')}
                      onClick={() => void engines.load(model.id)}
                    />
                  ) : (
                    <Button
                      kind="quiet"
                      icon="close"
                      disabled={its.busy === true}
                      aria-label={t('chat.engine_unload')}
                      title={t('chat.engine_unload')}
                      onClick={() => void engines.unload(model.id)}
                    />
                  )}
                </li>
              );
            })}
          </ul>
        )}
      >
        <i
          className="pai-engine-dot"
          data-engine={engine?.state ?? 'none'}
          aria-hidden="true"
        />
        {chosen ? <SafeText text={chosen.name} /> : t('chat.model_choose')}
      </Popover>
      {chosen ? <small className="pai-engine-word">{word(engine)}</small> : null}
    </div>
  );
}
