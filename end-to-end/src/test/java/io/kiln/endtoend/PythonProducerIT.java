package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.images.TestImages;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.schemas.ContentId;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Python producer of examples/ feeds the masking job. Runs where {@code kiln.python} names a
 * Python that has what its requirements.txt asks for.
 */
@Timeout(180)
@ExtendWith(SharedServers.class)
class PythonProducerIT {
    private static final int PICTURES = 10;

    @TempDir private Path folder;

    @Test
    void whatPythonSendsIsMaskedUnderTheIdentityOfItsContent(
            LocalBroker broker, LocalRegistry registry) throws Exception {
        String python = System.getProperty("kiln.python", "");
        assumeTrue(!python.isEmpty(), "kiln.python is not set");
        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, PICTURES - 1);
        Files.write(pictures.resolve("scan.tif"), TestImages.encoded("tiff", 80, PICTURES));
        KilnConfig config = SmallRun.config(broker, registry, folder, "python");
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 1)) {
            KilnTopics.create(config);
            assertThat(send(python, config, pictures)).contains("sent " + PICTURES + " images");
            flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                    TopicFollower.of(config, config.topics().sparseBatches(), 1)) {
                List<String> masked =
                        identities(
                                config,
                                follower.await(
                                        batches -> identities(config, batches).size() == PICTURES));
                assertThat(masked).containsExactlyInAnyOrderElementsOf(contentIds(pictures));
            }
        }
    }

    private static List<String> identities(
            KilnConfig config, List<ConsumerRecord<byte[], byte[]>> batches) {
        RecordDeserializer<SparseBatch> reader =
                new RecordDeserializer<>(
                        new SchemaRegistry(config.registry().url(), Duration.ofSeconds(10)),
                        SparseBatch.class);
        return batches.stream()
                .flatMap(batch -> reader.read(batch.value()).getImages().stream())
                .map(ImageOrigin::getImageId)
                .toList();
    }

    private static List<String> contentIds(Path pictures) throws Exception {
        List<String> ids = new ArrayList<>();
        for (Path picture : files(pictures)) {
            ids.add(ContentId.of(Files.readAllBytes(picture)));
        }
        return ids;
    }

    private static List<Path> files(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private String send(String python, KilnConfig config, Path pictures) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                python,
                                Path.of(
                                                System.getProperty("kiln.root"),
                                                "examples/python-producer/send_images.py")
                                        .toString(),
                                "--brokers",
                                config.kafka().bootstrapServers(),
                                "--registry",
                                config.registry().url(),
                                "--topic",
                                config.topics().images()));
        files(pictures).forEach(picture -> command.add(picture.toString()));
        Path out = folder.resolve("python.log");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended && process.exitValue() == 0).as(Files.readString(out)).isTrue();
        return Files.readString(out);
    }
}
