package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.images.TestImages;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import io.kiln.training.job.TrainingJob;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of one channel and of four, from a raw topic to an encoder. */
@ExtendWith(SharedServers.class)
class ChannelsIT {
    private static final int IMAGES = 8;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void encoderTakesAsManyChannelsAsTheImages(
            int channels, LocalBroker broker, LocalRegistry registry) throws Exception {
        List<Double> halves = Collections.nCopies(channels, 0.5);
        KilnConfig config =
                SmallRun.config(
                        broker,
                        registry,
                        folder,
                        "channels-" + channels,
                        "topics.imageFormat=raw",
                        "input.channels=" + channels,
                        "input.mean=" + halves,
                        "input.std=" + halves);
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 2)) {
            KilnTopics.create(config);
            send(config, channels);
            JobID masking = flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            JobID training = flink.submit(TrainingJob.NAME, env -> TrainingJob.define(env, config));
            requireEncoder(config, channels);
            flink.drain(masking).get(60, TimeUnit.SECONDS);
            flink.drain(training).get(60, TimeUnit.SECONDS);
        }
    }

    private static void send(KilnConfig config, int channels) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            for (int i = 0; i < IMAGES; i++) {
                byte[] image =
                        channels == 1 ? TestImages.encoded("jpg", 80, i) : tiffOfFourSamples(i);
                byte[] key = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(config.topics().images(), key, image)).get();
            }
        }
    }

    /** Red, green, blue, and a fourth band in place of transparency. */
    private static byte[] tiffOfFourSamples(int number) throws Exception {
        BufferedImage image = new BufferedImage(80, 80, BufferedImage.TYPE_4BYTE_ABGR);
        for (int y = 0; y < 80; y++) {
            for (int x = 0; x < 80; x++) {
                image.getRaster().setPixel(x, y, new int[] {x, y, number, x + y});
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, "tiff", bytes)).isTrue();
        return bytes.toByteArray();
    }

    private void requireEncoder(KilnConfig config, int channels) throws Exception {
        try (CheckpointSubscriber subscriber = TestClients.subscriber(config)) {
            List<CheckpointEvent> events = subscriber.poll(TIMEOUT);
            assertThat(events).isNotEmpty();
            Path encoder =
                    CheckpointSubscriber.fetch(
                            events.get(0), FileRole.ENCODER, folder.resolve("fetched"));
            // published stems have timm's 64 channels
            String header = new String(Files.readAllBytes(encoder), StandardCharsets.ISO_8859_1);
            assertThat(header)
                    .contains("\"conv1.weight\":{\"dtype\":\"F32\",\"shape\":[64," + channels);
        }
    }
}
