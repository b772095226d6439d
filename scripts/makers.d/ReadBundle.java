import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Opens a bundle with what the Java library has, as clouds do that are written in Java.
 * The parts lie beside the manifest; the key is the cloud's, PKCS #8 in DER. Writes the
 * tar stream to standard output: {@code ReadBundle MANIFEST KEY}.
 */
public final class ReadBundle {
  private static final HexFormat HEX = HexFormat.of();

  private final Element image;
  private final PrivateKey key;

  private ReadBundle(Path manifest, Path key) throws Exception {
    DocumentBuilderFactory xml = DocumentBuilderFactory.newInstance();
    xml.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    image = child(xml.newDocumentBuilder().parse(manifest.toFile()).getDocumentElement(), "image");
    this.key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(key)));
  }

  public static void main(String[] args) throws Exception {
    Path manifest = Path.of(args[0]);
    ReadBundle bundle = new ReadBundle(manifest, Path.of(args[1]));
    MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
    try (InputStream tar = new DigestInputStream(bundle.open(manifest.getParent()), sha1);
        OutputStream out = System.out) {
      tar.transferTo(out);
    }
    require("tar stream", HEX.formatHex(sha1.digest()), child(bundle.image, "digest").getTextContent());
  }

  private InputStream open(Path directory) throws Exception {
    Cipher aes = Cipher.getInstance("AES/CBC/PKCS5Padding");
    aes.init(
        Cipher.DECRYPT_MODE,
        new SecretKeySpec(unseal("ec2_encrypted_key"), "AES"),
        new IvParameterSpec(unseal("ec2_encrypted_iv")));
    return new GZIPInputStream(new CipherInputStream(parts(directory), aes));
  }

  /** The envelope holds hexadecimal digits. */
  private byte[] unseal(String name) throws Exception {
    Cipher rsa = Cipher.getInstance("RSA/ECB/PKCS1Padding");
    rsa.init(Cipher.DECRYPT_MODE, key);
    return HEX.parseHex(new String(rsa.doFinal(HEX.parseHex(child(image, name).getTextContent())), "US-ASCII"));
  }

  private InputStream parts(Path directory) throws Exception {
    Map<Integer, InputStream> parts = new TreeMap<>();
    var elements = image.getElementsByTagName("part");
    for (int i = 0; i < elements.getLength(); i++) {
      Element part = (Element) elements.item(i);
      Path path = directory.resolve(Path.of(child(part, "filename").getTextContent()).getFileName());
      byte[] sum = MessageDigest.getInstance("SHA-1").digest(Files.readAllBytes(path));
      require(path.toString(), HEX.formatHex(sum), child(part, "digest").getTextContent());
      parts.put(Integer.valueOf(part.getAttribute("index")), Files.newInputStream(path));
    }
    return new SequenceInputStream(Collections.enumeration(parts.values()));
  }

  private static Element child(Element parent, String name) {
    for (var node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(name)) {
        return (Element) node;
      }
    }
    throw new IllegalArgumentException("the manifest has no element " + name);
  }

  private static void require(String what, String got, String want) {
    if (!got.equals(want)) {
      throw new IllegalStateException(what + ": SHA-1 " + got + ", the manifest says " + want);
    }
  }
}
