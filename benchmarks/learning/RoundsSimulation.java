import com.sun.management.OperatingSystemMXBean;
import io.kiln.model.features.LabelledEmbeddings;
import io.kiln.model.features.NearestNeighbours;
import io.kiln.model.features.Ridge;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.CosineSchedule;
import io.kiln.model.training.OptimiserSettings;
import io.kiln.model.training.RoundSettings;
import io.kiln.model.training.RoundSettings.Outer;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.TrainerRound;
import io.kiln.model.training.TrainerSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What rounds of several trainers do to what is learnt: trains a small network on Fashion-MNIST (Debian's package
 * dataset-fashion-mnist) with Kiln's own trainers, in one process, and prints a line of tab-separated values for each
 * run. The protocol is in docs/explanation/rounds.md.
 *
 * <p>The arguments are IMAGES RUN..., and a RUN is TRAINERS:STEPS:OUTER:PEAK:SEED. OUTER is mean, momentum, or sync for
 * one trainer with a batch as large as those of all. PEAK is the highest learning rate of one trainer alone; it is
 * multiplied by the root of the number of trainers.
 */
final class RoundsSimulation {
    private static final Architecture NETWORK =
            new Architecture(Family.RESNET_BASIC, List.of(1, 1, 1, 1), List.of(16, 32, 64, 128), 16, 0, 0, 64, 1);
    private static final int BATCH = 8;

    private record Run(int trainers, int steps, String outer, double peak, int seed) {
        static Run of(String text) {
            String[] parts = text.split(":");
            return new Run(
                    Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), parts[2],
                    Double.parseDouble(parts[3]), Integer.parseInt(parts[4]));
        }

        boolean isSync() {
            return outer.equals("sync");
        }

        RoundSettings settings() {
            return isSync()
                    ? RoundSettings.mean(1, steps)
                    : new RoundSettings(trainers, steps, Outer.valueOf(outer.toUpperCase(Locale.ROOT)), 0.7, 0.9, false);
        }
    }

    private final FashionMnist data;
    private final int images;

    private RoundsSimulation(FashionMnist data, int images) {
        this.data = data;
        this.images = images;
    }

    public static void main(String[] arguments) throws IOException {
        Libtorch.load();
        EngineThread.spreadOver(1);
        EngineThread.prepare();
        FashionMnist data = new FashionMnist(64, 2, 1000, 2000);
        RoundsSimulation simulation = new RoundsSimulation(data, Integer.parseInt(arguments[0]));
        System.out.println("trainers\tsteps\touter\tpeak\tseed\timages\tloss\tholdoutHalf\tholdout\tnearest\tlinear\tcpuSeconds");
        for (String run : Arrays.asList(arguments).subList(1, arguments.length)) {
            simulation.run(Run.of(run));
        }
    }

    private void run(Run run) throws IOException {
        long start = processor();
        int steps = images / BATCH / run.trainers();
        List<Trainer> trainers = new ArrayList<>();
        List<TrainerRound> rounds = new ArrayList<>();
        for (int i = 0; i < run.settings().trainers(); i++) {
            trainers.add(new Trainer(settings(run, steps)));
            rounds.add(new TrainerRound(trainers.get(i), run.settings()));
        }
        int batch = run.isSync() ? BATCH * run.trainers() : BATCH;
        Random order = new Random(run.seed());
        double sum = 0;
        double half = 0;
        for (int step = 0; step < steps; step++) {
            double loss = 0;
            for (Trainer trainer : trainers) {
                loss += trainer.step(data.batch(batch, order)).loss() / trainers.size();
            }
            sum += step >= steps * 3 / 4 ? loss : 0;
            if (!run.isSync() && rounds.get(0).stepsLeft() == 0) {
                finish(rounds);
            }
            half = step + 1 == steps / 2 ? data.holdoutLoss(trainers.get(0), NETWORK) : half;
        }
        LabelledEmbeddings embeddings = data.embeddings(trainers.get(0), NETWORK);
        System.out.printf(
                Locale.ROOT,
                "%d\t%d\t%s\t%s\t%d\t%d\t%.4f\t%.4f\t%.4f\t%.3f\t%.3f\t%.1f%n",
                run.trainers(), run.steps(), run.outer(), run.peak(), run.seed(), images,
                sum / (steps - steps * 3 / 4), half, data.holdoutLoss(trainers.get(0), NETWORK),
                embeddings.accuracy(new NearestNeighbours(), data.folds(), 1),
                embeddings.accuracy(new Ridge(), data.folds(), 1), (processor() - start) / 1e9);
        rounds.forEach(TrainerRound::close);
        trainers.forEach(Trainer::close);
    }

    /** Nanoseconds of processor time of this process. */
    private static long processor() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private TrainerSettings settings(Run run, int steps) {
        return new TrainerSettings(
                NETWORK, data.geometry(), FashionMnist.NORMALISATION, new OptimiserSettings(0.9, 0.95, 1e-6, 5),
                new CosineSchedule(run.peak() * Math.sqrt(run.trainers()), steps / 10, steps, 0.04, 0.2),
                Precision.FP32, "cpu", Kernels.FAST, run.seed());
    }

    private static void finish(List<TrainerRound> rounds) throws IOException {
        List<ByteArrayInputStream> changes = new ArrayList<>();
        for (TrainerRound round : rounds) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            round.writeChange(out);
            changes.add(new ByteArrayInputStream(out.toByteArray()));
        }
        TrainerRound.finish(rounds, changes);
    }
}
