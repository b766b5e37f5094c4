package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.images.Bitmap;
import io.kiln.images.Crop;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.Resampler;
import io.kiln.images.SampleScale;
import io.kiln.images.TestImages;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.training.Trainer;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.job.TrainingJob;
import io.kiln.training.state.ModelSettings;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tiles of 13 bands of 16 bits that use few of them, as a satellite's of dark water do, from a raw
 * topic to trained weights: with all bits, and with the upper byte alone.
 */
@ExtendWith(SharedServers.class)
class SixteenBitsIT {
    private static final int BANDS = 13;
    private static final int SIDE = 80;
    private static final int STEPS = 24;
    private static final int BATCH = 4;
    private static final double REFLECTANCE = 10_000;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    @TempDir private Path folder;

    /** What a network of a few steps fills in, and the values of the files behind it. */
    private record Trained(SparseBatch batch, Reconstruction drawn, int[] maskedCells) {}

    @Test
    void reconstructionsComeCloserThanUpperBytesCan(LocalBroker broker, LocalRegistry registry)
            throws Exception {
        Trained all =
                trained(
                        config(
                                broker,
                                registry,
                                "all-bits",
                                REFLECTANCE,
                                "input.sampleType=uint16",
                                "input.valueRange=[0, 10000]"));
        Trained upper = trained(config(broker, registry, "upper-byte", 65_536));
        assertThat(all.batch().getSampleType()).isEqualTo(SampleType.UINT16);
        assertThat(all.batch().getValueRange()).containsExactly(0.0, REFLECTANCE);
        assertThat(upper.batch().getSampleType()).isEqualTo(SampleType.UINT8);

        double[] truth = values(upper.batch());
        double ofAll = error(values(all.batch()), reflectance(all.drawn().reconstructed()), all);
        double ofUpper = error(truth, upperBytes(upper.drawn().reconstructed()), upper);
        double inputOfUpper = error(truth, upperBytes(upper.drawn().input()), upper);
        System.out.printf(
                "error on masked patches: uint16 %.1f, upper byte %.1f, of which its input %.1f%n",
                ofAll, ofUpper, inputOfUpper);
        assertThat(ofAll).isLessThan(ofUpper / 2);
        assertThat(inputOfUpper).isGreaterThan(50);
    }

    /**
     * @param one the value that is seen as 1
     */
    private KilnConfig config(
            LocalBroker broker, LocalRegistry registry, String prefix, double one, String... more) {
        List<Double> means = IntStream.range(0, BANDS).mapToObj(band -> level(band) / one).toList();
        List<Double> stds = IntStream.range(0, BANDS).mapToObj(band -> 40 / one).toList();
        String[] overrides =
                Stream.concat(
                                Stream.of(
                                        "topics.imageFormat=raw",
                                        "topics.imagePartitions=1",
                                        "input.channels=" + BANDS,
                                        "input.mean=" + means,
                                        "input.std=" + stds,
                                        "training.schedule.warmupSteps=0",
                                        "checkpoints.everySteps=" + STEPS),
                                Stream.of(more))
                        .toArray(String[]::new);
        return SmallRun.config(broker, registry, folder.resolve(prefix), prefix, overrides);
    }

    private static double level(int band) {
        return 200 + 100 * band;
    }

    private Trained trained(KilnConfig config) throws Exception {
        Path home = Files.createTempDirectory(folder, "flink");
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(home.resolve("flink"), home.resolve("flink.log"), "0", 2)) {
            KilnTopics.create(config);
            send(config);
            JobID masking = flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            JobID training = flink.submit(TrainingJob.NAME, env -> TrainingJob.define(env, config));
            Trained trained = reconstructed(config, event(config), home);
            flink.drain(masking).get(60, TimeUnit.SECONDS);
            flink.drain(training).get(60, TimeUnit.SECONDS);
            return trained;
        }
    }

    private static void send(KilnConfig config) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            for (int i = 0; i < STEPS * BATCH; i++) {
                producer.send(new ProducerRecord<>(config.topics().images(), tile(i))).get();
            }
        }
    }

    /** Waves of 60 units around a level of each band, little-endian, band by band in a pixel. */
    private static byte[] tile(int number) {
        Random random = new Random(number);
        double rows = 2 + 4 * random.nextDouble();
        double columns = 2 + 4 * random.nextDouble();
        ByteBuffer samples =
                ByteBuffer.allocate(SIDE * SIDE * BANDS * 2).order(ByteOrder.LITTLE_ENDIAN);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                for (int band = 0; band < BANDS; band++) {
                    double wave = Math.sin(rows * y / SIDE + columns * x / SIDE + 0.3 * band);
                    samples.putShort((short) Math.round(level(band) + 60 * wave));
                }
            }
        }
        return TestImages.tiffOf16Bits(SIDE, BANDS, samples.array());
    }

    private static CheckpointEvent event(KilnConfig config) throws Exception {
        try (CheckpointSubscriber subscriber = TestClients.subscriber(config)) {
            List<CheckpointEvent> events = subscriber.poll(TIMEOUT);
            assertThat(events).isNotEmpty();
            assertThat(events.get(0).getStep()).isGreaterThanOrEqualTo(STEPS);
            return events.get(0);
        }
    }

    private static Trained reconstructed(KilnConfig config, CheckpointEvent event, Path home)
            throws Exception {
        SparseBatch batch = firstBatch(config);
        Path state = CheckpointSubscriber.fetch(event, FileRole.TRAINING_STATE, home);
        try (InputStream in = Files.newInputStream(state);
                Trainer trainer = Trainer.restore(ModelSettings.of(config), in)) {
            var masked = BatchDecoder.toMaskedBatch(batch);
            return new Trained(batch, trainer.reconstruct(masked), masked.grid().maskedPatches());
        }
    }

    private static SparseBatch firstBatch(KilnConfig config) {
        RecordDeserializer<SparseBatch> reader =
                new RecordDeserializer<>(Clients.registry(config), SparseBatch.class);
        try (TopicFollower<SparseBatch> batches =
                new TopicFollower<>(
                        config,
                        config.topics().sparseBatches(),
                        1,
                        record -> reader.read(record.value()))) {
            return batches.await("a batch", TIMEOUT, all -> !all.isEmpty()).get(0);
        }
    }

    /** What the files hold where the images of a batch were cropped. */
    private static double[] values(SparseBatch batch) throws Exception {
        int height = batch.getGeometry().getHeight();
        int width = batch.getGeometry().getWidth();
        int size = height * width * BANDS;
        double[] values = new double[batch.getImages().size() * size];
        SampleScale stored = new SampleScale(2, List.of());
        try (ImageDecoder decoder =
                new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20), BANDS, stored)) {
            for (int i = 0; i < batch.getImages().size(); i++) {
                ImageOrigin origin = batch.getImages().get(i);
                Bitmap tile = decoder.decode(tile((int) (long) origin.getOffset()));
                Crop crop =
                        new Crop(
                                origin.getCropTop(),
                                origin.getCropLeft(),
                                origin.getCropHeight(),
                                origin.getCropWidth());
                Bitmap view = Resampler.cropAndResize(tile, crop, height, width);
                if (origin.getFlipped()) {
                    Resampler.flip(view);
                }
                for (int at = 0; at < size; at++) {
                    int pixel = at / BANDS;
                    values[i * size + at] = view.value(pixel / width, pixel % width, at % BANDS);
                }
            }
        }
        return values;
    }

    private static double[] reflectance(byte[] samples) {
        ByteBuffer values = ByteBuffer.wrap(samples).order(ByteOrder.LITTLE_ENDIAN);
        return IntStream.range(0, samples.length / 2)
                .mapToDouble(i -> (values.getShort(2 * i) & 0xFFFF) / 65_535.0 * REFLECTANCE)
                .toArray();
    }

    /** The middle of the values that have an upper byte. */
    private static double[] upperBytes(byte[] samples) {
        return IntStream.range(0, samples.length)
                .mapToDouble(i -> (samples[i] & 0xFF) * 256 + 128)
                .toArray();
    }

    /** Root mean square over the masked patches, in units of the files. */
    private static double error(double[] truth, double[] guess, Trained of) {
        int width = of.drawn().geometry().width();
        int patch = of.drawn().geometry().patch();
        int columns = of.drawn().geometry().gridWidth();
        int patches = of.drawn().geometry().patches();
        double sum = 0;
        for (int cell : of.maskedCells()) {
            int top = cell / patches * width + cell % patches / columns * patch;
            int left = cell % columns * patch;
            for (int y = top; y < top + patch; y++) {
                for (int i = (y * width + left) * BANDS;
                        i < (y * width + left + patch) * BANDS;
                        i++) {
                    sum += (truth[i] - guess[i]) * (truth[i] - guess[i]);
                }
            }
        }
        return Math.sqrt(sum / (of.maskedCells().length * (double) patch * patch * BANDS));
    }
}
