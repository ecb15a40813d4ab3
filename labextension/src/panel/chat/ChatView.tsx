/**
 * The open conversation: its model and settings above, its messages, the composer below.
 */
import * as React from 'react';

import { Composer, type ComposerHandle } from './Composer';
import { conversations, titleOf } from './conversations';
import { ModelPicker } from './ModelPicker';
import { SAMPLING, SamplingPanel } from './SamplingPanel';
import { ChatSession } from './session';
import { streamingAnswer, type Thread } from './thread';
import { MessageList } from './MessageList';
import { useEngines } from './useEngines';
import { NormalisedNote } from './NormalisedNote';
import { isSmall, Welcome } from './Welcome';
import { Button } from '../../components/basics';
import { Failure, Skeleton } from '../../components/states';
import { ApiError } from '../../errors';
import { useAction, useApp, useLive } from '../../hooks';
import type { Model, Sampling } from '../../protocol';

/** Changes of a slider are sent after this much rest, in milliseconds. */
const KEEP_MS = 400;

/** What is written but not sent, by conversation; kept while the page of the browser lives. */
const drafts = new Map<string, string>();

/** What a new conversation begins with: as the last one was left. */
interface Beginning {
  modelId: string | null;
  sampling: Sampling;
  system: string;
}

/** Properties of {@link ChatView}. */
export interface ChatViewProps {
  models: Model[];
  onList: () => void;
}

/** See the module's comment. */
export function ChatView({ models, onList }: ChatViewProps): React.JSX.Element {
  const { core, t, fmt, route, go } = useApp();
  const [session] = React.useState(() => new ChatSession(core.api));
  const thread = React.useSyncExternalStore(session.watch, session.view);
  const id = route.id ?? null;
  const composer = React.useRef<ComposerHandle>(null);
  const [text, setText] = React.useState(() => drafts.get(id ?? '') ?? '');
  const [beginning, setBeginning] = React.useState<Beginning>({
    modelId: route.query?.['model'] ?? null,
    sampling: SAMPLING,
    system: ''
  });
  React.useEffect(() => {
    if (session.id !== id) {
      session.open(id);
      setText(drafts.get(id ?? '') ?? '');
      composer.current?.focus();
    }
  }, [session, id]);
  React.useEffect(() => () => session.leave(), [session]);
  const wanted = route.query?.['model'];
  React.useEffect(() => {
    if (wanted !== undefined) {
      setBeginning(old => ({ ...old, modelId: wanted }));
    }
  }, [wanted]);
  useOutsideChanges(session, thread);

  const { detail } = thread;
  const modelId =
    detail === null ? (beginning.modelId ?? models[0]?.id ?? null) : detail.model_id;
  const model = models.find(one => one.id === modelId);
  const answering = thread.reading || streamingAnswer(thread) !== null;
  const engines = useEngines(answering);
  const change = useAction((patch: Parameters<ChatSession['patch']>[0]) =>
    session.patch(patch)
  );
  const [sampling, setSampling] = useSampling(
    detail?.sampling ?? beginning.sampling,
    next =>
      detail === null
        ? setBeginning(old => ({ ...old, sampling: next }))
        : void change.run({ sampling: next })
  );

  const write = (next: string): void => {
    setText(next);
    drafts.set(id ?? '', next);
  };
  const send = async (): Promise<void> => {
    const question = text;
    write('');
    const { system } = beginning;
    const ask = { model_id: modelId ?? '', title: titleOf(question), system, sampling };
    const stored = await session.send(question, ask, made => {
      go({ page: 'chat', id: made });
    });
    if (!stored) {
      setText(now => (now === '' ? question : now));
    }
    composer.current?.focus();
  };
  const regenerate = React.useCallback(() => void session.regenerate(), [session]);
  const engine = model ? engines.of(model.id) : undefined;
  const waiting = t(engine?.state === 'ready' ? 'chat.waiting' : 'chat.loading_model');
  const blank = thread.messages.length === 0 && thread.pending === null;
  const usage = [...thread.messages].reverse().find(one => one.usage)?.usage;
  const used = (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0);
  const room = usage?.context_length || model?.context_length || 0;
  return (
    <section className="pai-conversation">
      <div className="pai-chat-top">
        <Button
          kind="quiet"
          icon="chat"
          className="pai-list-toggle"
          aria-label={t('chat.list_show')}
          title={t('chat.list_show')}
          onClick={onList}
        />
        <ModelPicker
          models={models}
          chosen={model}
          engines={engines}
          disabled={answering}
          onChoose={({ id: chosen }) => {
            if (detail === null) {
              setBeginning(old => ({ ...old, modelId: chosen }));
            } else {
              void change.run({ model_id: chosen });
            }
          }}
        />
        {used > 0 && room > 0 ? (
          <small className="pai-context pai-num" title={t('chat.context_tip')}>
            {t('chat.context', { used: fmt.number(used), total: fmt.number(room) })}
          </small>
        ) : null}
        <div className="pai-acts">
          <SamplingPanel
            key={detail?.id ?? ''}
            sampling={sampling}
            system={detail?.system ?? beginning.system}
            disabled={answering}
            onChange={setSampling}
            onSystem={system =>
              detail === null
                ? setBeginning(old => ({ ...old, system }))
                : void change.run({ system })
            }
          />
        </div>
      </div>
      {blank && id !== null && detail === null && thread.error === null ? (
        <div className="pai-messages">
          <Skeleton lines={6} />
        </div>
      ) : blank && model ? (
        <div className="pai-messages">
          <Welcome
            model={model}
            onTry={example => {
              write(example);
              composer.current?.focus();
            }}
          />
        </div>
      ) : (
        <MessageList thread={thread} waiting={waiting} onRegenerate={regenerate} />
      )}
      <div className="pai-chat-foot">
        {thread.error ? (
          <Failure
            error={new ApiError(thread.error)}
            onClose={session.dismiss}
            onRetry={
              detail === null && id !== null ? () => void session.refresh() : undefined
            }
          />
        ) : null}
        {change.error ? <Failure error={change.error} onClose={change.clear} /> : null}
        {engines.error ? <Failure error={engines.error} onClose={engines.clear} /> : null}
        {detail !== null && !model ? (
          <p className="pai-note" role="status">
            {t('chat.model_gone')}
          </p>
        ) : null}
        {usage?.dropped_messages ? (
          <p className="pai-note" role="status">
            {t('chat.dropped', { n: fmt.number(usage.dropped_messages) })}
          </p>
        ) : null}
        <Composer
          ref={composer}
          text={text}
          onText={write}
          onSend={() => void send()}
          onStop={() => void session.stop()}
          answering={answering}
          disabled={!model}
        />
        {model ? <NormalisedNote model={model} /> : null}
        {model && isSmall(model) && !blank ? (
          <p className="pai-honest-foot">
            {t('chat.demo_line_short', { parameters: fmt.short(model.parameters) })}
          </p>
        ) : null}
      </div>
    </section>
  );
}

/** A slider's value at once on the screen, and in the store after it rests. */
function useSampling(
  stored: Sampling,
  keep: (sampling: Required<Sampling>) => void
): [Required<Sampling>, (sampling: Required<Sampling>) => void] {
  const [moved, setMoved] = React.useState<Required<Sampling> | null>(null);
  const latest = React.useRef(keep);
  latest.current = keep;
  React.useEffect(() => {
    if (moved === null) {
      return;
    }
    const timer = window.setTimeout(() => {
      latest.current(moved);
    }, KEEP_MS);
    return () => window.clearTimeout(timer);
  }, [moved]);
  React.useEffect(() => setMoved(null), [stored]);
  return [moved ?? { ...SAMPLING, ...stored }, setMoved];
}

/** Take the conversation again when another tab, or the service, has changed it. */
function useOutsideChanges(session: ChatSession, thread: Thread): void {
  const { core } = useApp();
  const { state } = useLive(conversations(core));
  const updated = state?.items.find(one => one.id === session.id)?.updated;
  const known = thread.detail?.updated;
  const busy = thread.reading || streamingAnswer(thread) !== null;
  const before = React.useRef(busy);
  React.useEffect(() => {
    const ended = before.current && !busy;
    before.current = busy;
    if (
      !busy &&
      updated !== undefined &&
      known !== undefined &&
      (ended || updated > known)
    ) {
      void session.refresh();
    }
  }, [session, updated, known, busy]);
}
