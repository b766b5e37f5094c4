package io.kiln.ingest;

import io.kiln.images.BadImageException;
import io.kiln.images.ImageDecoder;
import io.kiln.images.ImageFormat;
import io.kiln.schemas.ContentId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * What other sources hold, several times over, each time in another order. The sources are read
 * once, into a file that disappears with the process. What training would refuse is shown once,
 * before the rounds: it becomes one dead letter, however many rounds there are.
 *
 * <p>The order is a function of the seed, the round and what the sources hold.
 */
public final class Rounds implements ImageSource {
    /** Where the bytes of an image lie in the file. */
    private record Kept(Origin origin, long offset, int length) {}

    /**
     * How often, and in which order.
     *
     * @param count of rounds
     * @param seed of their orders
     * @param distinct whether each content is shown once in a round, however often it is found
     */
    public record Plan(int count, long seed, boolean distinct) {
        public Plan {
            if (count < 1) {
                throw new IllegalArgumentException(
                        "rounds: " + count + " is not allowed; expected 1 or more");
            }
        }
    }

    private final List<? extends ImageSource> sources;
    private final Plan plan;
    private final ImageDecoder decoder;
    private final int maxImageBytes;
    private final Path folder;

    /**
     * @param decoder tells what training would refuse; used by the thread that visits
     * @param maxImageBytes of an image that is kept
     * @param folder for the file, which takes as much space as all images
     */
    public Rounds(
            List<? extends ImageSource> sources,
            Plan plan,
            ImageDecoder decoder,
            int maxImageBytes,
            Path folder) {
        this.sources = List.copyOf(sources);
        this.plan = plan;
        this.decoder = decoder;
        this.maxImageBytes = maxImageBytes;
        this.folder = folder;
    }

    /** The rounds take longer than what is read. */
    @Override
    public long inputBytes() {
        return UNKNOWN;
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        try {
            Path path = Files.createTempFile(folder, "kiln-ingest", ".images");
            try (FileChannel file =
                    FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                Files.delete(path); // the open file keeps its space until it is closed
                List<Kept> images = keep(visitor, file);
                for (int round = 0; round < plan.count(); round++) {
                    for (int index : order(images.size(), plan.seed(), round)) {
                        Interrupts.check();
                        show(images.get(index), file, visitor);
                    }
                }
            }
        } catch (IOException e) {
            Interrupts.check(); // which closes the file
            throw new IngestException(
                    "images cannot be kept in " + folder + " for --repeat: " + e.getMessage(), e);
        }
    }

    private List<Kept> keep(Visitor visitor, FileChannel file) throws InterruptedException {
        List<Kept> images = new ArrayList<>();
        Keeping keeping = new Keeping(visitor, file, images);
        for (ImageSource source : sources) {
            source.visit(keeping);
        }
        return images;
    }

    private static void show(Kept image, FileChannel file, Visitor visitor)
            throws IOException, InterruptedException {
        ByteBuffer bytes = ByteBuffer.allocate(image.length);
        while (bytes.hasRemaining()) {
            if (file.read(bytes, image.offset + bytes.position()) < 0) {
                throw new IOException("the file of images is shorter than it was");
            }
        }
        visitor.candidate(image.origin, new ByteArrayInputStream(bytes.array()));
    }

    /** A permutation, by Fisher and Yates, with the generator that Java specifies to the bit. */
    static int[] order(int size, long seed, int round) {
        int[] order = new int[size];
        Random random = new Random(seed * 0x9e3779b97f4a7c15L + round);
        for (int i = 0; i < size; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }

    /** Keeps what training can use, and shows the rest. */
    private final class Keeping extends ForwardingVisitor {
        private final FileChannel file;
        private final List<Kept> images;
        private final Set<String> seen = new HashSet<>();
        private long end;

        Keeping(Visitor visitor, FileChannel file, List<Kept> images) {
            super(visitor);
            this.file = file;
            this.images = images;
        }

        @Override
        public void candidate(Origin origin, InputStream content) throws InterruptedException {
            byte[] bytes;
            try {
                bytes = content.readNBytes(maxImageBytes + 1);
            } catch (IOException e) {
                refused(Unreadable.of(origin, e));
                return;
            }
            if (!isUsable(bytes)) {
                next().candidate(origin, new ByteArrayInputStream(bytes));
            } else if (!plan.distinct() || seen.add(ContentId.of(bytes))) {
                keep(origin, bytes);
            }
        }

        private boolean isUsable(byte[] bytes) {
            if (bytes.length > maxImageBytes || ImageFormat.detect(bytes).isEmpty()) {
                return false;
            }
            try {
                decoder.decode(bytes);
                return true;
            } catch (BadImageException e) {
                return false;
            }
        }

        private void keep(Origin origin, byte[] bytes) throws InterruptedException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            try {
                while (buffer.hasRemaining()) {
                    file.write(buffer, end + buffer.position());
                }
            } catch (IOException e) {
                Interrupts.check();
                throw new IngestException(
                        origin + " cannot be kept in " + folder + ": " + e.getMessage(), e);
            }
            images.add(new Kept(origin, end, bytes.length));
            end += bytes.length;
        }
    }
}
