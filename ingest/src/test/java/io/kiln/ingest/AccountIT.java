package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.kiln.config.KilnConfig;
import io.kiln.images.TestImages;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TopicReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever kind the source is, each file, member and row that it holds is in the topic or among the
 * refused, under its name, and nothing is in both.
 */
@Timeout(120)
@ExtendWith(SharedServers.class)
class AccountIT {
    private static final byte[] TEXT = "no image".getBytes(StandardCharsets.UTF_8);

    /** More than ingest.maxImageBytes of this test. */
    private static final byte[] LARGE = large();

    @TempDir private Path folder;

    private static byte[] large() {
        byte[] bytes = new byte[200_000];
        byte[] image = TestImages.png(99);
        System.arraycopy(image, 0, bytes, 0, image.length);
        return bytes;
    }

    /** Three images, two of them the same bytes, and two that are refused. */
    private static Map<String, byte[]> members(int seed) {
        Map<String, byte[]> members = new TreeMap<>();
        members.put("a b.png", TestImages.png(seed));
        members.put("ä/2.png", TestImages.png(seed + 1));
        members.put("ä/3.png", TestImages.png(seed + 1));
        members.put("note.txt", TEXT);
        members.put("large.png", LARGE);
        return members;
    }

    @Test
    void everyKindOfSourceIsAccountedForByName(LocalBroker broker, LocalRegistry registry)
            throws Exception {
        KilnConfig config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "kafka.bootstrapServers=" + broker.bootstrapServers(),
                                "kafka.connectTimeout=20s",
                                "registry.url=" + registry.url(),
                                "topics.images=account",
                                "ingest.maxImageBytes=100KiB"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic("account", 1, (short) 1))).all().get();
        }
        Set<String> told = new TreeSet<>();
        List<ImageSource> sources = new ArrayList<>();
        sources.add(plainFolder(told));
        sources.add(archive("shard.tar", Archives.tar(members(20)), told));
        sources.add(
                archive(
                        "shard.tar.gz",
                        Archives.compressed("gz", Archives.tar(members(30))),
                        told));
        sources.add(archive("set.zip", Archives.zip(members(40)), told));
        sources.add(tarOfTars(told));
        sources.add(table(told));
        sources.add(list(told));
        HttpServer server = serve(members(80));
        try {
            sources.add(urls(server, told));
            Set<String> sent = new TreeSet<>();
            Map<String, Refusal> refused = new LinkedHashMap<>();
            IngestSummary summary = run(config, sources, refused);
            int records = read(config, registry, sent);

            Set<String> accounted = new TreeSet<>(sent);
            accounted.addAll(refused.keySet());
            assertThat(accounted).isEqualTo(told);
            assertThat(sent).doesNotContainAnyElementsOf(refused.keySet());
            assertThat(summary.sent()).isEqualTo(sent.size()).isEqualTo(records);
            assertThat(summary.refusedCount()).isEqualTo(refused.size());
            assertThat(summary.sent() + summary.refusedCount()).isEqualTo(told.size());
        } finally {
            server.stop(0);
        }
    }

    private static IngestSummary run(
            KilnConfig config, List<ImageSource> sources, Map<String, Refusal> refused) {
        IngestListener listener =
                new IngestListener() {
                    @Override
                    public void progress(IngestProgress progress) {}

                    @Override
                    public void refused(Refusal refusal) {
                        assertThat(refused.put(refusal.origin().uri(), refusal)).isNull();
                    }
                };
        try (ImageProducer producer = ImageProducer.open(config)) {
            return new Ingest(producer, IngestOptions.of(config.ingest())).run(sources, listener);
        }
    }

    private static int read(KilnConfig config, LocalRegistry registry, Set<String> sources) {
        RecordDeserializer<ImageRecord> deserializer =
                new RecordDeserializer<>(
                        new SchemaRegistry(registry.url(), Duration.ofSeconds(10)),
                        ImageRecord.class);
        int[] records = new int[1];
        try (TopicReader reader =
                TopicReader.committed(
                        Map.of("bootstrap.servers", config.kafka().bootstrapServers()),
                        Duration.ofSeconds(20))) {
            reader.read(
                    reader.extent("account"),
                    record -> {
                        records[0]++;
                        sources.add(deserializer.read(record.value()).getSource());
                    });
        }
        return records[0];
    }

    private ImageSource plainFolder(Set<String> told) throws IOException {
        Path root = folder.resolve("folder");
        for (Map.Entry<String, byte[]> member : members(10).entrySet()) {
            Path file = root.resolve(member.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, member.getValue());
            told.add(Origin.of(file).uri());
        }
        Path gone = root.resolve("gone.png");
        Files.createSymbolicLink(gone, folder.resolve("nowhere.png"));
        told.add(Origin.of(gone).uri());
        return PathSource.of(root);
    }

    private ImageSource archive(String name, byte[] content, Set<String> told) throws IOException {
        Path file = Files.write(folder.resolve(name), content);
        members(0).keySet().forEach(member -> told.add(Origin.of(file).member(member).uri()));
        return PathSource.of(file);
    }

    /** As ImageNet comes: a tar of tars. */
    private ImageSource tarOfTars(Set<String> told) throws IOException {
        Map<String, byte[]> outer = new TreeMap<>();
        outer.put("n01.tar", Archives.tar(members(50)));
        outer.put("n02.tar", Archives.tar(members(55)));
        Path file = Files.write(folder.resolve("all.tar"), Archives.tar(outer));
        for (String inner : outer.keySet()) {
            members(0)
                    .keySet()
                    .forEach(
                            member -> told.add(Origin.of(file).member(inner).member(member).uri()));
        }
        return PathSource.of(file);
    }

    /** Rows of three images, one text, one that is too large, and one without bytes. */
    private ImageSource table(Set<String> told) throws IOException {
        List<byte[]> rows = new ArrayList<>(members(60).values());
        Path file = folder.resolve("table.parquet");
        Tables.write(file, rows);
        for (int row = 0; row <= rows.size(); row++) {
            told.add(Origin.of(file).member(Integer.toString(row)).uri());
        }
        return PathSource.of(file);
    }

    private ImageSource list(Set<String> told) throws IOException {
        Path here = Files.createDirectories(folder.resolve("listed"));
        StringBuilder list = new StringBuilder();
        for (Map.Entry<String, byte[]> member : members(70).entrySet()) {
            Path file = here.resolve(member.getKey().replace('/', '-'));
            Files.write(file, member.getValue());
            list.append(file.getFileName()).append('\n');
            told.add(Origin.of(file).uri());
        }
        list.append("missing.png\n");
        told.add(Origin.of(here.resolve("missing.png")).uri());
        return new PathListSource(
                new ByteArrayInputStream(list.toString().getBytes(StandardCharsets.UTF_8)),
                "list",
                here,
                HttpLimits.of(KilnConfig.defaults().ingest()),
                Links.WITHIN);
    }

    private static HttpServer serve(Map<String, byte[]> files) throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    byte[] body = files.get(exchange.getRequestURI().getPath().substring(1));
                    exchange.sendResponseHeaders(body == null ? 404 : 200, body == null ? -1 : 0);
                    if (body != null) {
                        exchange.getResponseBody().write(body);
                    }
                    exchange.close();
                });
        server.start();
        return server;
    }

    private static ImageSource urls(HttpServer server, Set<String> told) {
        List<String> urls = new ArrayList<>();
        for (String name : List.of("a%20b.png", "note.txt", "large.png", "missing.png")) {
            urls.add("http://127.0.0.1:" + server.getAddress().getPort() + "/" + name);
        }
        told.addAll(urls);
        return new UrlSource(
                urls,
                new HttpLimits(
                        2, Duration.ofSeconds(5), 1, Duration.ofMillis(10), 100 * 1024, true));
    }
}
