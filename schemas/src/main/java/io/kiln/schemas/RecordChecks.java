package io.kiln.schemas;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a record that Kiln wrote always fulfils, beyond its schema. Whoever violates it did not get
 * the record from Kiln, and nobody reads on: sizes that would exhaust memory, names that are no
 * names, counters that run backwards.
 */
final class RecordChecks {
    /** Longest identity of an image or a batch, in bytes of UTF-8. */
    private static final int MAX_ID_BYTES = 512;

    /** Largest number that a version, a step or an offset can reach; a year has 3e13 µs. */
    private static final long MAX_COUNT = 1_000_000_000_000_000L;

    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private static final int MAX_BYTES_OF_A_VALUE = 8;
    private static final int MAX_SIDE = 1 << 14;
    private static final int MAX_CHANNELS = 1 << 10;

    private RecordChecks() {}

    /**
     * Checks what was read.
     *
     * @throws RecordFormatException naming the field, what it holds, and what was expected
     */
    static void require(SpecificRecord record) {
        if (record instanceof SparseBatch batch) {
            batch(batch);
        } else if (record instanceof CheckpointEvent event) {
            event(event);
        } else if (record instanceof TrainingStep step) {
            step(step);
        } else if (record instanceof Evaluation evaluation) {
            evaluation(evaluation);
        }
    }

    private static void batch(SparseBatch batch) {
        id("batchId", batch.getBatchId());
        Geometry geometry = batch.getGeometry();
        geometry(geometry);
        double ratio = batch.getMaskRatio();
        require(ratio > 0 && ratio < 1, "maskRatio", ratio, "a number between 0 and 1");
        List<ImageOrigin> images = batch.getImages();
        require(!images.isEmpty(), "images", "empty", "at least one");
        for (int i = 0; i < images.size(); i++) {
            origin("images[" + i + "].", images.get(i));
        }
        long patches = (long) images.size() * geometry.getGridHeight() * geometry.getGridWidth();
        long active = coordinates(batch.getCoordinates(), images.size(), geometry);
        require(
                active > 0 && active < patches,
                "coordinates",
                active + " of " + patches + " patches active",
                "at least one active and one masked");
        pixels(batch, geometry, active, patches - active);
    }

    private static void geometry(Geometry g) {
        range("geometry.patch", g.getPatch(), 1, MAX_SIDE);
        range("geometry.channels", g.getChannels(), 1, MAX_CHANNELS);
        range("geometry.gridHeight", g.getGridHeight(), 1, MAX_SIDE);
        range("geometry.gridWidth", g.getGridWidth(), 1, MAX_SIDE);
        exactly("geometry.height", g.getHeight(), g.getPatch() * g.getGridHeight());
        exactly("geometry.width", g.getWidth(), g.getPatch() * g.getGridWidth());
    }

    private static void origin(String of, ImageOrigin origin) {
        length(of + "imageId", origin.getImageId());
        topic(of + "topic", origin.getTopic());
        range(of + "partition", origin.getPartition(), 0, Integer.MAX_VALUE);
        range(of + "offset", origin.getOffset(), 0, MAX_COUNT);
        range(of + "view", origin.getView(), 0, Integer.MAX_VALUE);
        range(of + "cropTop", origin.getCropTop(), 0, Integer.MAX_VALUE);
        range(of + "cropLeft", origin.getCropLeft(), 0, Integer.MAX_VALUE);
        range(of + "cropHeight", origin.getCropHeight(), 1, Integer.MAX_VALUE);
        range(of + "cropWidth", origin.getCropWidth(), 1, Integer.MAX_VALUE);
    }

    /** Requires rows inside the grid, in row-major order; returns their number. */
    private static long coordinates(ByteBuffer bytes, int images, Geometry geometry) {
        int rowBytes = 3 * Integer.BYTES;
        require(
                bytes.remaining() % rowBytes == 0,
                "coordinates",
                bytes.remaining() + " bytes",
                "a multiple of " + rowBytes);
        IntBuffer rows = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        long previous = -1;
        for (int row = 0; row < rows.capacity() / 3; row++) {
            int image = rows.get(3 * row);
            int y = rows.get(3 * row + 1);
            int x = rows.get(3 * row + 2);
            range("coordinates row ", row, image, 0, images - 1L);
            range("coordinates row ", row, y, 0, geometry.getGridHeight() - 1L);
            range("coordinates row ", row, x, 0, geometry.getGridWidth() - 1L);
            long cell = ((long) image * geometry.getGridHeight() + y) * geometry.getGridWidth() + x;
            if (cell <= previous) {
                throw impossible(
                        "coordinates row " + row, "repeated or out of order", "row-major order");
            }
            previous = cell;
        }
        return rows.capacity() / 3;
    }

    /** Requires whole patches, of values of as many bytes as the type of a sample has. */
    private static void pixels(SparseBatch batch, Geometry g, long active, long masked) {
        long values = (long) g.getPatch() * g.getPatch() * g.getChannels();
        long visible = batch.getVisiblePatches().remaining();
        long bytes = visible / (active * values);
        SampleType type = batch.getSampleType();
        require(
                isOf(type, bytes) && visible == active * values * bytes,
                "visiblePatches",
                visible + " bytes",
                active + " patches of " + values + " values of type " + type);
        exactly(
                "bytes of maskedPatches",
                batch.getMaskedPatches().remaining(),
                masked * values * bytes);
    }

    private static boolean isOf(SampleType type, long bytes) {
        return switch (type) {
            case UINT8 -> bytes == 1;
            case UINT16 -> bytes == 2;
            case UNKNOWN -> bytes >= 1 && bytes <= MAX_BYTES_OF_A_VALUE; // of a later Kiln
        };
    }

    private static void event(CheckpointEvent event) {
        id("eventId", event.getEventId());
        id("runId", event.getRunId());
        id("model", event.getModel());
        range("version", event.getVersion(), 1, MAX_COUNT);
        range("step", event.getStep(), event.getVersion(), MAX_COUNT);
        range("samplesSeen", event.getSamplesSeen(), event.getStep(), MAX_COUNT);
        for (OffsetRange range : event.getOffsets()) {
            topic("offsets.topic", range.getTopic());
            range("offsets.partition", range.getPartition(), 0, Integer.MAX_VALUE);
            range("offsets.first", range.getFirst(), 0, MAX_COUNT);
            range("offsets.last", range.getLast(), range.getFirst(), MAX_COUNT);
        }
        for (CheckpointFile file : event.getFiles()) {
            require(!file.getUri().isBlank(), "files.uri", "empty", "where the file is");
            range("files.bytes", file.getBytes(), 0, Long.MAX_VALUE);
            if (!SHA256.matcher(file.getSha256()).matches()) {
                throw impossible(
                        "files.sha256", "\"" + file.getSha256() + "\"", "64 hexadecimal digits");
            }
        }
        eventId(event);
    }

    /** People's promotions and revocations have ids of their own making. */
    private static void eventId(CheckpointEvent event) {
        String found = event.getEventId();
        String id = CheckpointEvents.id(event.getRunId(), event.getVersion(), event.getStatus());
        if (event.getStatus() == CheckpointStatus.CANDIDATE) {
            require(found.equals(id), "eventId", found, id);
        } else if (event.getStatus() == CheckpointStatus.RETIRED) {
            boolean holds = found.matches(Pattern.quote(id) + "(-[0-9]+)?");
            require(holds, "eventId", found, id + ", or that and a number");
        }
    }

    private static void step(TrainingStep step) {
        id("runId", step.getRunId());
        range("step", step.getStep(), 0, MAX_COUNT);
        range("samplesSeen", step.getSamplesSeen(), 0, MAX_COUNT);
        length("batchId", step.getBatchId());
        range("batchPartition", step.getBatchPartition(), 0, Integer.MAX_VALUE);
        range("batchOffset", step.getBatchOffset(), 0, MAX_COUNT);
        range("images", step.getImages(), 0, Integer.MAX_VALUE);
        require(
                step.getSkipped() || Double.isFinite(step.getLoss()),
                "loss",
                step.getLoss(),
                "a finite number unless the batch was skipped");
    }

    private static void evaluation(Evaluation evaluation) {
        id("runId", evaluation.getRunId());
        id("model", evaluation.getModel());
        range("version", evaluation.getVersion(), 1, MAX_COUNT);
        range("step", evaluation.getStep(), 0, MAX_COUNT);
        range("samplesSeen", evaluation.getSamplesSeen(), 0, MAX_COUNT);
        figures("anchors.", evaluation.getAnchors());
        figures("recent.", evaluation.getRecent());
        ProbeFigures probe = evaluation.getProbe();
        if (probe != null) {
            finite("probe.linear", probe.getLinear());
            finite("probe.nearest", probe.getNearest());
            for (ProbeGroup group : probe.getGroups()) {
                finite("probe.groups.linear", group.getLinear());
                finite("probe.groups.nearest", group.getNearest());
            }
        }
        Compatibility compatibility = evaluation.getCompatibility();
        if (compatibility != null) {
            finite("compatibility.recall", compatibility.getRecall());
            finite("compatibility.adaptedRecall", compatibility.getAdaptedRecall());
        }
    }

    private static void figures(String of, SetFigures figures) {
        range(of + "images", figures.getImages(), 0, Integer.MAX_VALUE);
        finite(of + "loss", figures.getLoss());
        finite(of + "effectiveRank", figures.getEffectiveRank());
        finite(of + "spread", figures.getSpread());
        finite(of + "deadChannels", figures.getDeadChannels());
        finite(of + "runningLoss", figures.getRunningLoss());
        finite(of + "alignment", figures.getAlignment());
    }

    private static void finite(String name, @Nullable Double figure) {
        require(figure == null || Double.isFinite(figure), name, figure, "a finite number");
    }

    private static void id(String name, String text) {
        require(!text.isBlank(), name, "empty", "a name");
        length(name, text);
    }

    private static void length(String name, String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        require(bytes <= MAX_ID_BYTES, name, bytes + " bytes", "at most " + MAX_ID_BYTES);
    }

    private static void topic(String name, String text) {
        if (!TOPIC.matcher(text).matches()) {
            throw impossible(name, "\"" + text + "\"", "a topic's name");
        }
    }

    private static void range(String name, long found, long from, long to) {
        if (found < from || found > to) {
            throw impossible(name, found, from + " to " + to);
        }
    }

    /** The same of a numbered row, whose name is made only where it is needed. */
    private static void range(String name, int row, long found, long from, long to) {
        if (found < from || found > to) {
            throw impossible(name + row, found, from + " to " + to);
        }
    }

    private static void exactly(String name, long found, long expected) {
        if (found != expected) {
            throw impossible(name, found, expected);
        }
    }

    private static void require(
            boolean holds, String name, @Nullable Object found, Object expected) {
        if (!holds) {
            throw impossible(name, found, expected);
        }
    }

    private static RecordFormatException impossible(
            String name, @Nullable Object found, Object expected) {
        return new RecordFormatException(
                ForeignRecords.printable(
                        "impossible content: " + name + " is " + found + "; expected " + expected));
    }
}
