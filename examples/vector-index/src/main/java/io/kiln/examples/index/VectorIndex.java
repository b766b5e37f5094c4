package io.kiln.examples.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;

/** Vectors of pictures in a graph of Lucene (HNSW), in a folder. Thread-safe. */
final class VectorIndex implements AutoCloseable {
    private static final String PICTURE = "picture";
    private static final String VECTOR = "vector";

    /**
     * A picture that was found.
     *
     * @param picture its name
     * @param cosine between its vector and the one looked for
     */
    record Hit(String picture, float cosine) {}

    private final Directory directory;
    private final IndexWriter writer;
    private final SearcherManager searchers;

    /** Opens the index in a folder, or begins one that {@link #exists} from its first commit on. */
    VectorIndex(Path folder) throws IOException {
        directory = FSDirectory.open(folder);
        writer =
                new IndexWriter(
                        directory,
                        new IndexWriterConfig()
                                .setCodec(new LargeVectorsCodec())
                                .setCommitOnClose(false));
        searchers = new SearcherManager(writer, null);
    }

    /** Whether a folder holds an index that was committed. */
    static boolean exists(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Directory directory = FSDirectory.open(folder)) {
            return DirectoryReader.indexExists(directory);
        }
    }

    /** Puts a picture's vector in, also in place of an older one. */
    void put(String picture, float[] vector) throws IOException {
        Document document = new Document();
        document.add(new StringField(PICTURE, picture, Field.Store.YES));
        document.add(new KnnFloatVectorField(VECTOR, vector, VectorSimilarityFunction.COSINE));
        writer.updateDocument(new Term(PICTURE, picture), document);
    }

    void remove(String picture) throws IOException {
        writer.deleteDocuments(new Term(PICTURE, picture));
    }

    /** Makes all changes durable, and shows them to searches. */
    void commit() throws IOException {
        writer.commit();
        searchers.maybeRefreshBlocking();
    }

    /** Names of all pictures that searches see. */
    Set<String> pictures() throws IOException {
        IndexSearcher searcher = searchers.acquire();
        try {
            int all = Math.max(1, searcher.getIndexReader().maxDoc());
            return new HashSet<>(
                    names(searcher, searcher.search(new MatchAllDocsQuery(), all).scoreDocs));
        } finally {
            searchers.release(searcher);
        }
    }

    /** The pictures whose vectors are nearest by cosine, nearest first. */
    List<Hit> nearest(float[] vector, int count) throws IOException {
        IndexSearcher searcher = searchers.acquire();
        try {
            KnnFloatVectorQuery query = new KnnFloatVectorQuery(VECTOR, vector, count);
            ScoreDoc[] found = searcher.search(query, count).scoreDocs;
            List<String> names = names(searcher, found);
            List<Hit> hits = new ArrayList<>();
            for (int i = 0; i < found.length; i++) {
                hits.add(new Hit(names.get(i), 2 * found[i].score - 1)); // Lucene: (1 + cosine) / 2
            }
            return hits;
        } finally {
            searchers.release(searcher);
        }
    }

    private static List<String> names(IndexSearcher searcher, ScoreDoc[] found) throws IOException {
        StoredFields fields = searcher.storedFields();
        List<String> names = new ArrayList<>();
        for (ScoreDoc one : found) {
            names.add(fields.document(one.doc).get(PICTURE));
        }
        return names;
    }

    @Override
    public void close() throws IOException {
        searchers.close();
        writer.close();
        directory.close();
    }
}
