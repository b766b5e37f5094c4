package io.kiln.evaluation.job;

import static io.kiln.kafka.Opened.opened;

import ai.djl.engine.Engine;
import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.evaluation.probe.ProbeSet;
import io.kiln.evaluation.version.PromotedFigures;
import io.kiln.evaluation.version.VersionEvaluation;
import io.kiln.kafka.Clients;
import io.kiln.kafka.EngineClasses;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.kafka.RunClaim;
import io.kiln.model.torch.EngineMissingException;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Libtorch;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps held-out images, and evaluates each version of the run that is announced, on the images
 * that have come until then. The evaluation is divided among timers, so that barriers pass between
 * its steps. A version that comes while another is evaluated waits; of several that wait, only the
 * newest is evaluated, and its evaluation names the others.
 *
 * <p>A failure in the middle begins the evaluation anew, on the images of the state and those that
 * the topic holds when it begins again. The sink shows an evaluation when the checkpoint behind it
 * is complete, so readers see one for each version.
 */
final class EvaluateVersions
        extends KeyedCoProcessFunction<String, KafkaInput, KafkaInput, EvaluationMessage>
        implements CheckpointedFunction, CheckpointListener {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(EvaluateVersions.class);

    /** What images that were sent before an event may come behind it. */
    private static final long SETTLE_MILLIS = 1000;

    private final KilnConfig config;
    private final String submission;
    private final JobRecords<CheckpointEvent> events;
    private final JobRecords<SparseBatch> images;
    private transient @Nullable ImageSets sets;
    private transient @Nullable HeldOutBacklog backlog;
    private transient @Nullable ImageDrift drift;
    private transient @Nullable VersionQueue versions;
    private transient @Nullable PromotedVersions promoted;
    private transient @Nullable RunClaim claim;
    private transient @Nullable Promoter promoter;
    private transient @Nullable EvaluationEvents told;
    private transient @Nullable GateDecisions decisions;
    private transient @Nullable PromotedFigures promotedFigures;
    private transient @Nullable ValueState<Long> timer;
    private transient @Nullable EvaluationMetrics metrics;
    private transient @Nullable RecordSerializer<Evaluation> serializer;
    private transient @Nullable ProbeSet pictures;
    private transient @Nullable VersionEvaluation running;
    private transient @Nullable EvaluatedBefore before;
    private transient long started;

    /**
     * @param submission identity of the submitted job, shared by its restarts
     */
    EvaluateVersions(KilnConfig config, String submission) {
        this.config = config;
        this.submission = submission;
        this.events =
                new JobRecords<>(config, CheckpointEvent.class, config.topics().checkpoints());
        this.images = new JobRecords<>(config, SparseBatch.class, config.topics().holdout());
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        EvaluatedBefore evaluated = new EvaluatedBefore(context, EvaluatedVersions.newest(config));
        before = evaluated;
        EvaluationEvents ofFlink = new EvaluationEvents(getRuntimeContext().getMetricGroup());
        told = ofFlink;
        claim = EvaluationClaim.of(config, submission);
        promoter =
                new Promoter(
                        config,
                        events,
                        opened(claim),
                        ofFlink,
                        context,
                        evaluated.ahead().orElse(null));
        drift = new ImageDrift(config, context, getRuntimeContext().getMetricGroup());
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        opened(promoter).snapshot(context.getCheckpointId());
        opened(before).snapshot();
        opened(drift).snapshot(); // all other state is keyed
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        opened(promoter).complete(checkpointId);
    }

    @Override
    public void open(OpenContext context) {
        EngineClasses.requireShared(Engine.class);
        try {
            Libtorch.load();
        } catch (EngineMissingException e) {
            throw new NonRecoverableJobException(String.valueOf(e.getMessage()));
        }
        EngineThread.spreadOver(config.training().threads());
        pictures = ProbePictures.of(config);
        sets = new ImageSets(config.evaluation(), images, getRuntimeContext());
        backlog = new HeldOutBacklog(config, getRuntimeContext());
        versions = new VersionQueue(getRuntimeContext());
        promoted = new PromotedVersions(events, getRuntimeContext());
        decisions = new GateDecisions(opened(promoted), opened(promoter), opened(told));
        promotedFigures = new PromotedFigures();
        timer = getRuntimeContext().getState(new ValueStateDescriptor<>("timer", Types.LONG));
        metrics = new EvaluationMetrics(getRuntimeContext().getMetricGroup());
        serializer = new RecordSerializer<>(Clients.registry(config));
    }

    /** An event. */
    @Override
    public void processElement1(KafkaInput input, Context context, Collector<EvaluationMessage> out)
            throws Exception {
        CheckpointEvent event;
        try {
            event = events.read(input.value());
        } catch (RecordFormatException e) {
            passOver(input, String.valueOf(e.getMessage()));
            return;
        }
        if (!event.getModel().equals(config.model().name())) {
            return;
        }
        boolean ofRun = event.getRunId().equals(config.training().runId());
        if (event.getStatus() != CheckpointStatus.CANDIDATE) {
            becomes(event, input.value(), ofRun);
        } else if (ofRun) {
            announced(event, input, context);
        }
    }

    private void becomes(CheckpointEvent event, byte[] value, boolean ofRun) throws Exception {
        WaitingVersion current = opened(versions).current();
        boolean waits = ofRun && current != null && event.getVersion() >= current.version();
        if (ofRun) {
            opened(decisions).becomes(event, opened(before).version());
        }
        opened(promoted).becomes(event, value, waits);
    }

    private void announced(CheckpointEvent event, KafkaInput input, Context context)
            throws Exception {
        long evaluated = opened(before).version();
        boolean skips =
                opened(versions).add(event.getVersion(), input.value(), running != null, evaluated);
        if (skips) {
            opened(metrics).skipped();
        }
        if (opened(versions).current() != null && opened(timer).value() == null) {
            schedule(context, SETTLE_MILLIS);
        }
    }

    /** A held-out image. */
    @Override
    public void processElement2(KafkaInput input, Context context, Collector<EvaluationMessage> out)
            throws Exception {
        opened(backlog).read(input);
        try {
            SparseBatch image = images.read(input.value());
            Optional<String> objection = HeldOutImages.objection(image);
            if (objection.isPresent()) {
                passOver(input, objection.get());
            } else {
                opened(sets).add(image, input);
                opened(drift).add(image);
            }
        } catch (RecordFormatException e) {
            passOver(input, String.valueOf(e.getMessage()));
        }
    }

    private static void passOver(KafkaInput input, String reason) {
        ForeignRecords.passedOver(input.topic(), input.partition(), input.offset(), reason);
    }

    private void schedule(Context context, long millis) throws Exception {
        long due = context.timerService().currentProcessingTime() + millis;
        opened(timer).update(due);
        context.timerService().registerProcessingTimeTimer(due);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<EvaluationMessage> out)
            throws Exception {
        if (!Objects.equals(timestamp, opened(timer).value())) {
            return;
        }
        opened(timer).clear();
        if (running == null) {
            begin(context);
        } else if (running.step()) {
            schedule(context, 0);
        } else {
            end(running, out);
            if (opened(versions).current() != null) {
                schedule(context, SETTLE_MILLIS);
            }
        }
    }

    /** Begins with the current version, once the images that were there have been read. */
    private void begin(OnTimerContext context) throws Exception {
        opened(versions).forget(opened(before).version());
        WaitingVersion current = opened(versions).current();
        if (current == null) {
            return;
        }
        if (opened(backlog).holdsUp(current.version(), opened(sets).isEmpty())) {
            schedule(context, SETTLE_MILLIS);
            return;
        }
        opened(claim).require(); // an adapter is written before the sink would ask
        started = System.nanoTime();
        CheckpointEvent event = events.read(current.value());
        running =
                new VersionEvaluation(
                        config,
                        event,
                        opened(sets).anchors(),
                        opened(sets).recent(),
                        opened(sets).eras(),
                        opened(drift).figures(),
                        pictures,
                        opened(promoted).lastBut(event),
                        opened(promotedFigures));
        schedule(context, 0);
    }

    private void end(VersionEvaluation ended, Collector<EvaluationMessage> out) throws Exception {
        List<Long> skipped = opened(versions).evaluated();
        CheckpointEvent event = ended.event();
        opened(before).evaluated(event.getVersion());
        Optional<String> objection = Optional.empty();
        if (opened(promoted).takeRevoked(event.getVersion())) {
            objection = Optional.of("it has been revoked or retired");
        } else if (opened(promoted).contains(event)) {
            objection = Optional.of("it is promoted already");
        }
        Evaluation evaluation = ended.result(skipped, objection);
        running = null;
        ended.close();
        opened(drift).told(evaluation.getDrift());
        opened(decisions).evaluated(event, evaluation);
        opened(metrics).evaluated(evaluation, System.nanoTime() - started);
        LOG.info(
                "version {}: holdout loss {} on anchors, {} on recent images; effective rank {}{}",
                evaluation.getVersion(),
                evaluation.getAnchors().getLoss(),
                evaluation.getRecent().getLoss(),
                evaluation.getAnchors().getEffectiveRank(),
                evaluation.getProblems().isEmpty() ? "" : "; " + evaluation.getProblems());
        byte[] value =
                Objects.requireNonNull(
                        opened(serializer).serialize(config.topics().evaluations(), evaluation));
        out.collect(EvaluationMessage.of(evaluation, value));
    }

    @Override
    public void close() {
        IOUtils.closeAllQuietly(running, claim); // or Flink would end the task manager
    }
}
