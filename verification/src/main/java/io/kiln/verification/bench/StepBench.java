package io.kiln.verification.bench;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.kiln.model.network.ModelDescription;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Phase;
import io.kiln.model.training.StepResult;
import io.kiln.model.training.Trainer;
import io.kiln.verification.masked.Implementation;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Takes training steps on noise and times them. */
public final class StepBench {
    /** Operations of a multiply-add. */
    private static final double FLOP = 2;

    /** Forward, backward by the input and backward by the weights. */
    private static final double PASSES = 3;

    private final StepBenchSettings settings;
    private final GemmRate gemm;

    private StepBench(StepBenchSettings settings) {
        this.settings = settings;
        this.gemm = new GemmRate(settings.precision(), settings.gemm());
    }

    /** Warms up, measures the engine's rate, then steps, then the rate again. */
    public static StepFigures run(StepBenchSettings settings) {
        return new StepBench(settings).run();
    }

    private StepFigures run() {
        try (NDManager manager = manager(settings)) {
            EngineThread.spreadOver(settings.threads());
            EngineThread.prepare();
            Runnable barrier = barrier(manager);
            gemm.measure(manager, barrier);
            PhaseClock clock = new PhaseClock(barrier, settings.followsOperators());
            double loss = steps(clock);
            gemm.measure(manager, barrier);
            double memory = MemoryRate.gigabytesPerSecond(manager, barrier);
            return figures(clock, memory, loss);
        }
    }

    /** Loss of the last step. */
    private double steps(PhaseClock clock) {
        RandomBatches batches =
                new RandomBatches(settings.geometry(), settings.batch(), settings.kept(), 1);
        try (Trainer trainer =
                new Trainer(settings.trainer(), clock, settings.implementation().convolutions())) {
            StepResult last = null;
            for (int step = 0; step < settings.warmUp() + settings.steps(); step++) {
                if (step == settings.warmUp()) {
                    clock.reset();
                }
                last = trainer.step(batches.of(step));
                clock.stepEnded();
            }
            return last == null ? Double.NaN : last.loss();
        }
    }

    /** Where the engine's rate is measured: on the trainer's device. */
    static NDManager manager(StepBenchSettings settings) {
        return Libtorch.load().newBaseManager(Libtorch.device(settings.device()));
    }

    /** A GPU computes while the program goes on; fetching a number waits for it. */
    private Runnable barrier(NDManager manager) {
        return settings.device().equals("cpu")
                ? () -> {}
                : () -> manager.zeros(new ai.djl.ndarray.types.Shape(1)).toFloatArray();
    }

    private StepFigures figures(PhaseClock clock, double memory, double loss) {
        List<Map<Phase, PhaseClock.Time>> steps = clock.steps();
        List<PhaseClock.Time> whole =
                steps.stream()
                        .map(
                                phases ->
                                        phases.values().stream()
                                                .reduce(
                                                        PhaseClock.Time.ZERO,
                                                        PhaseClock.Time::plus))
                        .toList();
        double seconds = Median.median(whole.stream().map(PhaseClock.Time::seconds).toList());
        Map<Phase, StepFigures.Seconds> phases = new EnumMap<>(Phase.class);
        for (Phase phase : Phase.values()) {
            phases.put(
                    phase,
                    new StepFigures.Seconds(
                            Median.median(each(steps, phase, PhaseClock.Time::seconds)),
                            Median.mean(each(steps, phase, PhaseClock.Time::cpuSeconds))));
        }
        return new StepFigures(
                seconds,
                Median.mean(whole.stream().map(PhaseClock.Time::cpuSeconds).toList()),
                settings.batch() / seconds,
                phases,
                clock.operators(),
                gflop(),
                gemm.perSecond(),
                gemm.perCpuSecond(),
                memory,
                JniUtils.getNumThreads(),
                loss,
                ProcessUsage.peakResidentMebibytes());
    }

    private static List<Double> each(
            List<Map<Phase, PhaseClock.Time>> steps,
            Phase phase,
            ToDoubleFunction<PhaseClock.Time> part) {
        return steps.stream()
                .map(phases -> part.applyAsDouble(phases.getOrDefault(phase, PhaseClock.Time.ZERO)))
                .toList();
    }

    private double gflop() {
        double visible = (double) settings.kept() / settings.geometry().patches();
        ModelDescription cost =
                ModelDescription.of(settings.architecture(), settings.geometry(), visible);
        double share = settings.implementation() == Implementation.MASKED_DENSE ? 1 : visible;
        double macs = share * (cost.encoderMacs() + cost.densifyMacs()) + cost.decoderMacs();
        return FLOP * PASSES * settings.batch() * macs / 1e9;
    }
}
