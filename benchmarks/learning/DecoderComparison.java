import com.sun.management.OperatingSystemMXBean;
import io.kiln.model.features.LabelledEmbeddings;
import io.kiln.model.features.NearestNeighbours;
import io.kiln.model.features.Ridge;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.CosineSchedule;
import io.kiln.model.training.OptimiserSettings;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.TrainerSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What an encoder learns with one decoder or another: pretrains a small ResNet on Fashion-MNIST with Kiln's own trainer,
 * probes it, and prints a line of tab-separated values for each run. The protocol is in docs/explanation/pretraining.md.
 *
 * <p>A RUN is DECODER:WIDTH:STEPS:SEED, where DECODER is unet or block.
 */
final class DecoderComparison {
    private static final int BATCH = 16;
    private static final double PEAK = 0.02;

    private record Run(DecoderKind decoder, int width, int steps, int seed) {
        static Run of(String text) {
            String[] parts = text.split(":");
            return new Run(
                    DecoderKind.valueOf(parts[0].toUpperCase(Locale.ROOT)), Integer.parseInt(parts[1]),
                    Integer.parseInt(parts[2]), Integer.parseInt(parts[3]));
        }

        Architecture network() {
            return new Architecture(
                    Family.RESNET_BASIC, List.of(2, 2, 2, 2), List.of(32, 64, 128, 256), 64, 0, 0, width, 1, decoder);
        }

        TrainerSettings settings(FashionMnist data) {
            return new TrainerSettings(
                    network(), data.geometry(), FashionMnist.NORMALISATION, new OptimiserSettings(0.9, 0.95, 1e-6, 5),
                    new CosineSchedule(PEAK, Math.max(1, steps / 10), steps, 0.04, 0.2),
                    Precision.FP32, "cpu", Kernels.FAST, seed);
        }
    }

    public static void main(String[] runs) throws IOException {
        Libtorch.load();
        EngineThread.spreadOver(1);
        EngineThread.prepare();
        FashionMnist data = new FashionMnist(96, 4, 1000, 2000);
        System.out.println("decoder\twidth\tsteps\tseed\tloss\tholdout\tnearest\tlinear\tcpuSeconds");
        for (String run : runs) {
            run(data, Run.of(run));
        }
    }

    private static void run(FashionMnist data, Run run) throws IOException {
        Random order = new Random(run.seed());
        long start = processor();
        try (Trainer trainer = new Trainer(run.settings(data))) {
            double sum = 0;
            for (int step = 0; step < run.steps(); step++) {
                double loss = trainer.step(data.batch(BATCH, order)).loss();
                sum += step >= run.steps() * 3 / 4 ? loss : 0;
            }
            double seconds = (processor() - start) / 1e9;
            LabelledEmbeddings embeddings = data.embeddings(trainer, run.network());
            System.out.printf(
                    Locale.ROOT,
                    "%s\t%d\t%d\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t%.1f%n",
                    run.decoder().name().toLowerCase(Locale.ROOT), run.width(), run.steps(), run.seed(),
                    sum / (run.steps() - run.steps() * 3 / 4), data.holdoutLoss(trainer, run.network()),
                    embeddings.accuracy(new NearestNeighbours(), data.folds(), 1),
                    embeddings.accuracy(new Ridge(), data.folds(), 1), seconds);
        }
    }

    /** Nanoseconds of processor time of this process. */
    private static long processor() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }
}
