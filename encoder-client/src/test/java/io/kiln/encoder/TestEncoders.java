package io.kiln.encoder;

import ai.djl.ndarray.NDManager;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.script.EncoderScript;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Small encoders, as a training job publishes them, and images. */
public final class TestEncoders {
    public static final int EMBEDDING = 24;

    private TestEncoders() {}

    /** Writes a version's encoder; its weights are a function of the version. */
    public static CheckpointEvent write(Path folder, String model, long version)
            throws IOException {
        Architecture architecture =
                new Architecture(
                        Family.CONVNEXT,
                        List.of(1, 1, 1, 1),
                        List.of(8, 12, 16, EMBEDDING),
                        64,
                        0.5,
                        0,
                        32,
                        3);
        return write(folder, architecture, model, version);
    }

    /** The same of any network. */
    static CheckpointEvent write(Path folder, Architecture architecture, String model, long version)
            throws IOException {
        Path file = folder.resolve(model + "-" + version + ".pt");
        try (NDManager manager = Libtorch.load().newBaseManager()) {
            Weights weights = new Weights(manager, Precision.FP32.dataType(), version);
            io.kiln.model.network.Encoder.of(architecture, weights);
            EncoderTensors encoder = EncoderTensors.of(architecture, weights);
            try (OutputStream out = Files.newOutputStream(file)) {
                EncoderScript.write(out, encoder, WeightNames.TIMM, Map.of());
            }
            try (OutputStream out = Files.newOutputStream(weights(file))) {
                Map<String, String> metadata = Map.of("architecture", architecture.toJson());
                EncoderExport.write(out, encoder, WeightNames.TIMM, metadata);
            }
        }
        byte[] content = Files.readAllBytes(file);
        CheckpointFile announced =
                TestRecords.file(FileRole.TORCHSCRIPT, file, "torchscript", content);
        return TestRecords.event(model, "run-1", version, 10 * version)
                .setFiles(List.of(announced))
                .setEmbeddingSize(architecture.widths().get(Architecture.STAGES - 1))
                .build();
    }

    /** The same encoder for images that no heap can hold. */
    static CheckpointEvent tooLarge(CheckpointEvent event) {
        InputSpec input =
                InputSpec.newBuilder(event.getInput())
                        .setChannels(1)
                        .setHeight(1)
                        .setWidth(Integer.MAX_VALUE)
                        .setMean(List.of(0.0))
                        .setStd(List.of(1.0))
                        .build();
        return CheckpointEvent.newBuilder(event).setInput(input).build();
    }

    /** Creates a topic of checkpoint events on the shared broker. */
    public static void createTopic(String topic) throws Exception {
        createTopic(TestServers.kafka(), topic);
    }

    /** The same on another broker. */
    static void createTopic(Map<String, Object> kafka, String topic) throws Exception {
        try (Admin admin = Admin.create(kafka)) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
    }

    /** Sends an event to a topic of the shared broker, as a training job does. */
    public static void send(String topic, CheckpointEvent event) throws Exception {
        send(TestServers.kafka(), topic, event);
    }

    /** The same on another broker. */
    static void send(Map<String, Object> kafka, String topic, CheckpointEvent event)
            throws Exception {
        ProducerRecord<byte[], byte[]> record =
                TestRecords.record(TestServers.registry(), topic, event);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(record).get();
        }
    }

    /** Waits until a handle's status is as expected; the test's time-out ends it. */
    static void waitFor(EncoderHandle handle, Predicate<EncoderHandle.Status> expected)
            throws InterruptedException {
        while (!expected.test(handle.status())) {
            Thread.sleep(50);
        }
    }

    /** The same encoder's weights as safetensors. */
    static Path weights(Path torchscript) {
        return torchscript.resolveSibling(torchscript.getFileName() + ".safetensors");
    }

    /** An image of noise as a PNG. */
    public static byte[] png(int height, int width, long seed) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(seed);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, random.nextInt());
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
